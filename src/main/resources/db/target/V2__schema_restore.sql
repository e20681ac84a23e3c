-- The archive that pg_dump made: a dyno's disk does not survive, the target does. The restore reads the entries below.
CREATE TABLE ferry.schema_dump (
    only_one        boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    dump            bytea NOT NULL,
    taken_at        timestamptz NOT NULL,
    pg_dump_version text NOT NULL
);

-- The dump's entries in an order that respects their dependencies, each marked in the transaction that runs it.
CREATE TABLE ferry.schema_entry (
    position    integer PRIMARY KEY,
    dump_id     integer NOT NULL UNIQUE,
    type        text NOT NULL,
    schema_name text,
    tag         text NOT NULL,
    stage       text NOT NULL,
    relation    text,              -- as SQL: the table, view or sequence it makes or alters
    depends_on  integer[] NOT NULL, -- dump ids
    populated   boolean NOT NULL DEFAULT false, -- a materialized view that held data on the source
    sql         text NOT NULL,
    drop_sql    text,
    done_at     timestamptz,
    made_by_us  boolean NOT NULL DEFAULT false, -- false: it was there already, or was left out
    error       text               -- why it was left out, or why it failed last
);
CREATE INDEX schema_entry_pending ON ferry.schema_entry (stage, position) WHERE done_at IS NULL;

-- How triggers and rules are to be once the app writes here. Until then they are disabled.
CREATE TABLE ferry.trigger_state (
    position    integer GENERATED ALWAYS AS IDENTITY,
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('TRIGGER', 'RULE')),
    name        text NOT NULL,
    depth       integer NOT NULL, -- in a tree of partitions; a parent's statement reaches its clones, so parents go first
    state       text NOT NULL CHECK (state IN ('O', 'D', 'R', 'A')),
    PRIMARY KEY (schema_name, table_name, kind, name)
);
