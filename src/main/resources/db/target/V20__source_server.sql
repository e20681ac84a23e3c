-- The server that the source was when the migration began: after a failover or a restore it may have lost what was copied.
CREATE TABLE ferry.source_server (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    system_identifier text NOT NULL,
    timeline text NOT NULL
);
