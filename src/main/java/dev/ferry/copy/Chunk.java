package dev.ferry.copy;

/** A range of heap blocks of one table, as planned for one file node. */
record Chunk(int tableId, long firstBlock, long endBlock, long filenode, int generation) {}
