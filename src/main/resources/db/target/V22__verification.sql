-- The comparison of every row. state: running, paused, equal, different, incomplete; null if it was never asked for.
ALTER TABLE ferry.migration ADD COLUMN verification text;
ALTER TABLE ferry.migration ADD COLUMN verification_started_at timestamptz;
ALTER TABLE ferry.migration ADD COLUMN verification_finished_at timestamptz;

-- outcome: null while it is open, equal, different, not_compared. Cut into ranges just before it is compared.
CREATE TABLE ferry.verification_table (
    table_id integer PRIMARY KEY REFERENCES ferry.table_copy,
    planned boolean NOT NULL DEFAULT false,
    outcome text,
    reason text,
    differences bigint NOT NULL DEFAULT 0
);

-- A part of a table between two keys, the upper one included; of the rows with a NULL in the key if unkeyed.
CREATE TABLE ferry.verification_range (
    table_id integer NOT NULL REFERENCES ferry.verification_table ON DELETE CASCADE,
    range_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lower_key text[],
    upper_key text[],
    unkeyed boolean NOT NULL DEFAULT false,
    rows bigint NOT NULL DEFAULT 0,
    compared_at timestamptz
);
CREATE INDEX verification_range_open ON ferry.verification_range (table_id) WHERE compared_at IS NULL;

-- A key whose row is missing on the target, extra there, or different. Without a key there is only the number of rows.
CREATE TABLE ferry.verification_difference (
    range_id bigint NOT NULL REFERENCES ferry.verification_range ON DELETE CASCADE,
    kind text NOT NULL,
    key text[],
    rows bigint NOT NULL DEFAULT 1
);
CREATE INDEX verification_difference_range ON ferry.verification_difference (range_id);

CREATE TABLE ferry.verification_definition (
    position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind text NOT NULL,
    name text NOT NULL,
    difference text NOT NULL
);
