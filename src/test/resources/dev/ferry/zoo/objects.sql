-- What tables of the zoo are made of, and what hangs on none.
CREATE SCHEMA ext;
CREATE EXTENSION citext SCHEMA ext;
CREATE EXTENSION hstore SCHEMA ext;
CREATE EXTENSION ltree SCHEMA ext;
CREATE EXTENSION btree_gist SCHEMA ext;
CREATE SCHEMA zoo;
COMMENT ON SCHEMA zoo IS 'all kinds';

CREATE TYPE zoo.mood AS ENUM ('sad', 'it''s ok', 'hap;py, "very"', '🙂', '', 'later');
COMMENT ON TYPE zoo.mood IS 'how it is';
CREATE TYPE zoo.pair AS (a integer, "B b" text);
CREATE TYPE zoo.nest AS (p zoo.pair, m zoo.mood[], "nul" text);
CREATE DOMAIN zoo.positive AS integer NOT NULL CONSTRAINT more_than_zero CHECK (VALUE > 0);
CREATE DOMAIN zoo.short AS varchar(5);
CREATE DOMAIN zoo.code AS zoo.short NOT NULL CHECK (VALUE <> '');
CREATE DOMAIN zoo.mail AS ext.citext CHECK (VALUE ~ '@');
CREATE DOMAIN zoo.list AS integer[] CHECK (cardinality(VALUE) < 100);
CREATE DOMAIN zoo.late AS text;
COMMENT ON DOMAIN zoo.mail IS 'an address';
CREATE TYPE zoo.span AS RANGE (subtype = float8, multirange_type_name = zoo.spans);
CREATE COLLATION zoo.folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON COLLATION zoo.folded IS 'case does not count';

CREATE FUNCTION zoo.twice(v integer) RETURNS integer LANGUAGE sql IMMUTABLE AS 'SELECT v * 2';
CREATE FUNCTION zoo.is_even(v integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN v % 2 = 0; END';
CREATE PROCEDURE zoo.doing(INOUT a integer) LANGUAGE plpgsql AS 'BEGIN a := a + 1; COMMIT; END';
CREATE AGGREGATE zoo.total (integer) (sfunc = int4pl, stype = integer, initcond = '0');
CREATE OPERATOR zoo.=== (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = OPERATOR(zoo.===));
CREATE OPERATOR zoo.?? (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4pl);
CREATE CAST (zoo.pair AS text) WITH INOUT AS ASSIGNMENT;
CREATE TEXT SEARCH CONFIGURATION zoo.plain (COPY = simple);
COMMENT ON FUNCTION zoo.twice(integer) IS 'of a function';
COMMENT ON PROCEDURE zoo.doing(integer) IS 'of a procedure';
COMMENT ON AGGREGATE zoo.total(integer) IS 'of an aggregate';
COMMENT ON OPERATOR zoo.=== (integer, integer) IS 'of an operator';
COMMENT ON TEXT SEARCH CONFIGURATION zoo.plain IS 'of a configuration';

CREATE SEQUENCE zoo.free;
CREATE SEQUENCE zoo.never_used START WITH 7;
CREATE SEQUENCE zoo.down INCREMENT BY -5 MINVALUE -1000 MAXVALUE -1 START WITH -1 CACHE 10 CYCLE;
CREATE SEQUENCE zoo.small AS smallint INCREMENT BY 100 CACHE 3;
CREATE SEQUENCE zoo.round_and_round MINVALUE 1 MAXVALUE 3 CYCLE;
CREATE SEQUENCE zoo.used_up MINVALUE 1 MAXVALUE 2;
CREATE SEQUENCE zoo."Sequence; ""quoted"".🚢" START WITH 9223372036854775806;
COMMENT ON SEQUENCE zoo.free IS 'of a sequence';
SELECT nextval('zoo.free'), nextval('zoo.down'), nextval('zoo.small'), nextval('zoo.used_up'), nextval('zoo.used_up');
SELECT nextval('zoo.round_and_round') FROM generate_series(1, 5);
SELECT nextval('zoo."Sequence; ""quoted"".🚢"') FROM generate_series(1, 2);
