-- One migration: where it stands and what was asked of it. The phase changes only by UPDATE ... WHERE phase = <expected>.
CREATE TABLE ferry.migration (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    run_id uuid NOT NULL,
    source text NOT NULL,
    phase text NOT NULL,
    failed_phase text,
    paused boolean NOT NULL DEFAULT false,
    hold boolean NOT NULL DEFAULT false,
    -- switch, revert or abort: taken up by the leader, cleared in the transaction that ends it
    request text,
    error text,
    -- keys written on the target between a switch and its revert are in the source's log, and not yet read back
    revert_unsettled boolean NOT NULL DEFAULT false,
    started_at timestamptz NOT NULL,
    in_sync_at timestamptz,
    switched_at timestamptz,
    completed_at timestamptz,
    write_blocked_ms bigint
);

-- Locked FOR SHARE by each writing transaction of the leader, updated only by a successor. The heartbeat is a row of its
-- own: it must not wait for them.
CREATE TABLE ferry.epoch (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    epoch bigint NOT NULL
);
INSERT INTO ferry.epoch (epoch) VALUES (0);

CREATE TABLE ferry.lease (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    holder text NOT NULL,
    backend_pid integer NOT NULL,
    heartbeat_at timestamptz NOT NULL
);

CREATE TABLE ferry.event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    level text NOT NULL,
    message text NOT NULL
);

-- Steps of the set-up and the copy that are done once and have no ledger of their own.
CREATE TABLE ferry.step (
    name text PRIMARY KEY,
    done_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- A table that is being moved. definition, stamps and triggers are fingerprints of the source's catalog.
CREATE TABLE ferry.table_copy (
    table_id integer PRIMARY KEY,
    source_oid oid NOT NULL UNIQUE,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    definition text NOT NULL,
    stamps text NOT NULL,
    triggers text,
    -- pending, copying, pruned, synced
    state text NOT NULL DEFAULT 'pending',
    -- raised when the copy of the table starts again; a chunk of an older generation cannot commit
    generation integer NOT NULL DEFAULT 0,
    filenode oid,
    -- the columns that its rows are told apart by, chosen once for both ends; none if nothing does
    key_columns text[] NOT NULL,
    suspended text,
    UNIQUE (schema_name, table_name)
);

CREATE TABLE ferry.chunk (
    table_id integer NOT NULL REFERENCES ferry.table_copy,
    first_block bigint NOT NULL,
    end_block bigint NOT NULL,
    bytes bigint NOT NULL,
    rows bigint NOT NULL DEFAULT 0,
    done_at timestamptz,
    PRIMARY KEY (table_id, first_block)
);
CREATE INDEX chunk_open ON ferry.chunk (table_id, first_block) WHERE done_at IS NULL;

-- The number of the last cycle that committed here; the source has the same (RULES A6).
CREATE TABLE ferry.position (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cycle bigint NOT NULL
);
INSERT INTO ferry.position (cycle) VALUES (0);

-- Rights on the source as they were before the switch; given back by a revert and then deleted, never overwritten.
CREATE TABLE ferry.saved_right (
    kind text NOT NULL,
    schema_name text NOT NULL,
    object_name text NOT NULL,
    column_name text NOT NULL DEFAULT '',
    grantor text NOT NULL,
    grantee text NOT NULL,
    privilege text NOT NULL,
    grantable boolean NOT NULL,
    PRIMARY KEY (kind, schema_name, object_name, column_name, grantor, grantee, privilege)
);
