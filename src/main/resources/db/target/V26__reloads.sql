-- When a table was last reloaded whole, by the clock of the process that did it, and how long that took: the next reload
-- keeps its distance, and the switch says what the reload in its window will take.
ALTER TABLE ferry.table_copy ADD COLUMN reloaded_at timestamptz;
ALTER TABLE ferry.table_copy ADD COLUMN reload_ms bigint;
