-- Removes every trace of Ferry from a database by hand: for the day when Ferry itself is gone, or when another run left its
-- objects behind. Run it with psql as the role that owns the tables:
--
--     psql "$HEROKU_URL" -f docs/remove-ferry.sql
--
-- First the functions are emptied, which needs no lock on any table: from then on no write pays for Ferry, and none is
-- refused. Then each table's triggers are dropped; that needs the table for a moment, so it waits up to 1.3 seconds a table.
-- A table that is in use longer gives an error; run the script again for it. Rights that a switch revoked are not given back: the
-- dashboard shows those GRANTs, and this script's last query lists the tables on which the owner may not write.

\set ON_ERROR_STOP on
SET search_path = pg_catalog;
SET client_min_messages = notice;

DO $remove$
DECLARE
  f record;
BEGIN
  IF to_regclass('ferry.captured_table') IS NULL THEN
    RAISE EXCEPTION 'there is no schema ferry that Ferry made in this database';
  END IF;
  FOR f IN
    SELECT p.oid::regprocedure AS name FROM pg_proc p
    WHERE p.pronamespace = 'ferry'::regnamespace AND p.prorettype = 'trigger'::regtype
  LOOP
    EXECUTE format('CREATE OR REPLACE FUNCTION %s RETURNS trigger LANGUAGE plpgsql AS %L',
                   f.name, 'BEGIN RETURN NULL; END');
  END LOOP;
END
$remove$;

-- Each in a transaction of its own, so that no two tables are held at once.
SET lock_timeout = '1300ms';
\set ON_ERROR_STOP off
SELECT format('DROP TRIGGER %I ON %s', g.tgname, g.tgrelid::regclass)
FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
WHERE p.pronamespace = 'ferry'::regnamespace AND NOT g.tgisinternal AND g.tgparentid = 0
ORDER BY 1
\gexec
\set ON_ERROR_STOP on

DO $remove$
DECLARE
  o record;
BEGIN
  IF EXISTS (SELECT FROM pg_trigger g JOIN pg_proc p ON p.oid = g.tgfoid
             WHERE p.pronamespace = 'ferry'::regnamespace AND NOT g.tgisinternal) THEN
    RAISE EXCEPTION 'some tables were in use and keep their triggers (see above): run this script again';
  END IF;
  FOR o IN
    SELECT p.oid::regprocedure AS name FROM pg_proc p WHERE p.pronamespace = 'ferry'::regnamespace
  LOOP
    EXECUTE format('DROP FUNCTION %s', o.name);
  END LOOP;
  FOR o IN
    SELECT c.oid::regclass AS name FROM pg_class c WHERE c.relnamespace = 'ferry'::regnamespace AND c.relkind = 'r'
  LOOP
    EXECUTE format('DROP TABLE %s CASCADE', o.name);
  END LOOP;
  DROP SCHEMA ferry RESTRICT;
  RAISE NOTICE 'Nothing of Ferry is left in this database.';
END
$remove$;

SELECT c.oid::regclass AS closed_for_its_owner, pg_get_userbyid(c.relowner) AS owner
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
  AND NOT has_table_privilege(c.relowner, c.oid, 'INSERT')
ORDER BY 1;
