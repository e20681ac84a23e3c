-- What EXCLUDE_TABLES was at Start: the run keeps it, whatever a later process is given. NULL in a run begun before this.
-- The number follows V10, which capture has in the same history.
ALTER TABLE ferry.migration ADD COLUMN excluded_tables text;
