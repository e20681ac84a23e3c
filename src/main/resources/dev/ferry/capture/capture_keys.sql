-- Logs the key of each changed row. Keys are read inside the EXCEPTION block, which writes nothing and so burns no
-- transaction id; what cannot be read (a renamed, retyped or dropped column) becomes a marker: a legal write never fails.
-- Cancelling a query is not caught by OTHERS: it still cancels.
CREATE FUNCTION ${function}() RETURNS trigger
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS ${quote}
<<ferry>>
DECLARE
  ${variables}
  unreadable boolean := false;
BEGIN
  BEGIN
    IF TG_OP <> 'INSERT' THEN
      ${readOld}
    END IF;
    IF TG_OP <> 'DELETE' THEN
      ${readNew}
    END IF;
    ${checkNulls}
  EXCEPTION WHEN OTHERS THEN
    ferry.unreadable := true;
  END;
  IF ferry.unreadable THEN
    INSERT INTO ferry.marker (table_id, reason) VALUES (${id}, 'unreadable key');
  ELSIF TG_OP = 'INSERT' THEN
    INSERT INTO ${delta} VALUES (${new});
  ELSIF TG_OP = 'DELETE' THEN
    INSERT INTO ${delta} VALUES (${old});
  ELSIF pg_catalog.record_image_ne(ROW(${old}), ROW(${new})) THEN
    INSERT INTO ${delta} VALUES (${old}), (${new});
  ELSE
    INSERT INTO ${delta} VALUES (${new});
  END IF;
  RETURN NULL;
END
${quote};
