-- Manifest of what capture made at this end: ferry.delta_<table_id>, ferry.capture_<table_id>() and two triggers a table.
CREATE TABLE ferry.captured_table (
    table_id integer PRIMARY KEY,
    table_oid oid NOT NULL,
    schema_name text NOT NULL,
    table_name text NOT NULL,
    installed_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- "Reload this table": appended, never updated and never unique, so that no writer waits for another or for us (RULES A11).
CREATE TABLE ferry.marker (
    table_id integer NOT NULL,
    reason text NOT NULL
);
ALTER TABLE ferry.marker REPLICA IDENTITY FULL;

-- Written to when the server must flush its log (RULES A6): a commit of ours takes all earlier ones to disk.
CREATE TABLE ferry.flush (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    commits bigint NOT NULL
);
INSERT INTO ferry.flush (commits) VALUES (0);
