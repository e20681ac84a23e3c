-- Marks a table for reload: for TRUNCATE, and for every change of a table without a key.
CREATE FUNCTION ${function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${quote}
BEGIN
  INSERT INTO ferry.marker (table_id, reason) VALUES (${id}, TG_OP);
  RETURN NULL;
END
${quote};
