-- The target's tables as they were when it was opened for the app (fingerprints with the state of capture's triggers), for a
-- revert to compare with.
CREATE TABLE ferry.opened_table (
    table_oid   oid PRIMARY KEY,
    table_id    integer,          -- null for one that is not part of the migration
    schema_name text NOT NULL,
    table_name  text NOT NULL,
    shape       text NOT NULL,    -- the columns that are copied, and the key
    fingerprint text NOT NULL,
    -- what a revert found changed and a sync cannot mend; null once it is as it was
    found       text
);
