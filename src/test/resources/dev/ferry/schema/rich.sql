CREATE EXTENSION citext;
CREATE SCHEMA heroku_ext;
CREATE EXTENSION cube WITH SCHEMA heroku_ext;
CREATE EXTENSION btree_gist;
CREATE SCHEMA "Sales Dept; Type: TABLE";
CREATE SCHEMA "émoji 🚢.dotted";
COMMENT ON SCHEMA "émoji 🚢.dotted" IS 'odd; ''quoted'' -- and "so"';

CREATE TYPE mood AS ENUM ('sad', 'it''s ok', 'hap;py', '🙂');
CREATE TYPE pair AS (a integer, "B b" text COLLATE "C");
CREATE DOMAIN positive AS integer CONSTRAINT more_than_zero CHECK (VALUE > 0);
CREATE DOMAIN late AS text;
ALTER DOMAIN late ADD CONSTRAINT short CHECK (length(VALUE) < 5) NOT VALID;
COMMENT ON CONSTRAINT short ON DOMAIN late IS 'of a domain';
CREATE TYPE span AS RANGE (subtype = float8);
CREATE COLLATION folded (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
COMMENT ON TYPE mood IS 'mood';

CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS $body$
BEGIN
  -- a body that looks like the script around it
--
-- TOC entry 216 (class 1259 OID 16395)
-- Name: customers; Type: TABLE; Schema: public; Owner: -
--

  NEW.note := 'touched; by $$ and $_$ '' " \';
  RETURN NEW;
END;
/* unclosed ' in a comment */
$body$;
CREATE FUNCTION carriage() RETURNS text LANGUAGE sql AS E'SELECT ''a\r\nb'' ;\r\n-- end\r\n';
CREATE FUNCTION plain_quotes(text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 7 AS 'SELECT $1 || '';'' || ''\''';
CREATE FUNCTION "Odd ""Name"""(IN "x y" integer DEFAULT 3, VARIADIC rest text[] DEFAULT '{";"}') RETURNS integer LANGUAGE sql AS 'SELECT 1';
CREATE FUNCTION inner_check(v integer) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS 'BEGIN RETURN v < 1000000; END';
CREATE FUNCTION unqualified_body(v integer) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT inner_check(v)';
CREATE PROCEDURE doing(INOUT a integer) LANGUAGE plpgsql AS 'BEGIN a := a + 1; COMMIT; END';
CREATE AGGREGATE total(integer) (sfunc = int4pl, stype = integer, initcond = '0');
CREATE OPERATOR === (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4eq, COMMUTATOR = ===);
CREATE OPERATOR ?? (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4pl);
CREATE CAST (pair AS text) WITH INOUT AS ASSIGNMENT;
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);

CREATE SEQUENCE free_sequence INCREMENT BY -5 MINVALUE -1000 MAXVALUE -1 START WITH -1 CACHE 10 CYCLE;

CREATE TABLE customers (
    id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000 INCREMENT BY 3) PRIMARY KEY,
    gone_1 integer,
    email citext NOT NULL,
    name varchar(40) COLLATE "C" DEFAULT 'a;b'::varchar,
    code char(5),
    mood mood DEFAULT 'it''s ok',
    amount numeric(10, 2) DEFAULT 0.10 CHECK (amount >= 0),
    doubled numeric GENERATED ALWAYS AS (amount * 2) STORED,
    born date,
    seen timestamptz(3) DEFAULT now(),
    p pair,
    dom positive DEFAULT 1,
    l late,
    tags text[] DEFAULT '{}',
    doc jsonb DEFAULT '{"a?": 1}'::jsonb,
    note text,
    place point,
    cubed heroku_ext.cube,
    during tstzrange,
    gone_2 text,
    CONSTRAINT jsonb_question CHECK (doc ? 'a?' OR doc ?| ARRAY['b', 'c?'] OR doc IS NULL),
    CONSTRAINT fits CHECK (unqualified_body(dom))
);
ALTER TABLE customers DROP COLUMN gone_1, DROP COLUMN gone_2;
ALTER TABLE customers ALTER COLUMN name SET STATISTICS 500, ALTER COLUMN note SET STORAGE EXTERNAL;
ALTER TABLE customers SET (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE customers ADD CONSTRAINT old_rows CHECK (code <> 'XXXXX') NOT VALID;
COMMENT ON TABLE customers IS E'line\nbreak; and a tab\t';
COMMENT ON COLUMN customers.email IS 'who';
COMMENT ON CONSTRAINT old_rows ON customers IS 'only new rows';
COMMENT ON CONSTRAINT customers_amount_check ON customers IS 'not negative';
CREATE UNIQUE INDEX customers_email ON customers (lower(email::text)) WHERE mood <> 'sad';
CREATE INDEX customers_include ON customers (name DESC NULLS LAST, code bpchar_pattern_ops) INCLUDE (amount) WITH (fillfactor = 60);
CREATE UNIQUE INDEX customers_nulls ON customers (code, born) NULLS NOT DISTINCT;
CREATE INDEX customers_doc ON customers USING gin (doc jsonb_path_ops);
CREATE INDEX customers_expression ON customers (inner_check(dom));
ALTER TABLE customers ADD CONSTRAINT no_overlap EXCLUDE USING gist (code WITH =, during WITH &&) WHERE (code IS NOT NULL) DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE customers CLUSTER ON customers_include;
ALTER TABLE customers REPLICA IDENTITY USING INDEX customers_pkey;
CREATE STATISTICS customers_statistics (dependencies, mcv) ON code, born FROM customers;
COMMENT ON INDEX customers_email IS 'of an index';

CREATE TABLE "Select ""Me""" (
    "id" serial PRIMARY KEY,
    "Order.By" text NOT NULL UNIQUE DEFERRABLE,
    "new
line" integer,
    customer bigint REFERENCES customers ON DELETE CASCADE,
    self integer REFERENCES "Select ""Me""" ON UPDATE SET NULL DEFERRABLE INITIALLY DEFERRED
);
CREATE TABLE "Sales Dept; Type: TABLE"."table; Type: VIEW; Schema: x
with a line end" ("select" integer PRIMARY KEY, "🚢" text, "$1" integer DEFAULT 5);
CREATE INDEX "idx; Type
🚢" ON "Sales Dept; Type: TABLE"."table; Type: VIEW; Schema: x
with a line end" ("🚢");
CREATE TABLE "émoji 🚢.dotted"."a.b" (a integer, b integer, PRIMARY KEY (b, a));
CREATE TABLE "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" ("xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" integer PRIMARY KEY);
CREATE TABLE no_columns ();
CREATE UNLOGGED TABLE fleeting (a integer);
CREATE TABLE keyless (a integer, b text COLLATE folded);
ALTER TABLE keyless REPLICA IDENTITY FULL;
CREATE TABLE typed OF pair;

CREATE TABLE left_side (id integer PRIMARY KEY, other integer);
CREATE TABLE right_side (id integer PRIMARY KEY, other integer REFERENCES left_side DEFERRABLE);
ALTER TABLE left_side ADD CONSTRAINT circular FOREIGN KEY (other) REFERENCES right_side DEFERRABLE;
ALTER TABLE left_side ADD CONSTRAINT unproven FOREIGN KEY (other) REFERENCES left_side NOT VALID;
COMMENT ON CONSTRAINT circular ON left_side IS 'of a foreign key';

CREATE TABLE parent (id integer PRIMARY KEY, name text CHECK (name <> ''));
CREATE TABLE child (extra integer) INHERITS (parent);

CREATE TABLE events (id bigint, at date NOT NULL, kind text NOT NULL, customer bigint, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE events_2025_a PARTITION OF events_2025 FOR VALUES IN ('a', 'it''s');
CREATE TABLE events_2025_rest PARTITION OF events_2025 DEFAULT;
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE INDEX events_kind ON events (kind);
CREATE INDEX only_here ON events_2024 (customer);
ALTER TABLE events ADD CONSTRAINT events_customer FOREIGN KEY (customer) REFERENCES customers;
CREATE TABLE event_notes (event bigint, at date, kind text, FOREIGN KEY (event, at, kind) REFERENCES events ON DELETE CASCADE);
CREATE TABLE hashed (id integer PRIMARY KEY) PARTITION BY HASH (id);
CREATE TABLE hashed_0 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE hashed_1 PARTITION OF hashed FOR VALUES WITH (MODULUS 2, REMAINDER 1);

CREATE TRIGGER a_touch BEFORE INSERT OR UPDATE OF name, "code" ON customers FOR EACH ROW WHEN (NEW.name <> ' ON public.x EXECUTE FUNCTION ferry.y();') EXECUTE FUNCTION touch('a''b', 'c;d');
CREATE TRIGGER b_disabled AFTER INSERT ON customers EXECUTE FUNCTION touch();
ALTER TABLE customers DISABLE TRIGGER b_disabled;
CREATE TRIGGER c_always BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE customers ENABLE ALWAYS TRIGGER c_always;
CREATE TRIGGER d_replica BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE customers ENABLE REPLICA TRIGGER d_replica;
CREATE CONSTRAINT TRIGGER "E constraint" AFTER INSERT ON "Select ""Me""" DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION touch();
CREATE TRIGGER on_partitions AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE events_2024 DISABLE TRIGGER on_partitions;
ALTER TABLE events_2025_a ENABLE ALWAYS TRIGGER on_partitions;
CREATE TRIGGER whole_disabled AFTER INSERT ON events FOR EACH ROW EXECUTE FUNCTION touch();
ALTER TABLE events DISABLE TRIGGER whole_disabled;
COMMENT ON TRIGGER a_touch ON customers IS 'of a trigger';

CREATE VIEW simple AS SELECT id, email FROM customers WHERE doc ? 'a?';
CREATE VIEW guarded WITH (security_barrier) AS SELECT id FROM simple WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW grouped AS SELECT id, name, count(*) AS n FROM customers GROUP BY id;
CREATE VIEW on_grouped AS SELECT n FROM grouped;
CREATE VIEW first_of_two AS SELECT 1 AS a;
CREATE VIEW second_of_two AS SELECT a FROM first_of_two;
CREATE VIEW writable AS SELECT a, b FROM keyless;
CREATE TRIGGER instead INSTEAD OF INSERT ON writable FOR EACH ROW EXECUTE FUNCTION touch();
CREATE RULE writable_delete AS ON DELETE TO writable DO INSTEAD NOTHING;
COMMENT ON VIEW grouped IS 'needs the primary key';
CREATE MATERIALIZED VIEW summary AS SELECT id, count(*) AS n FROM customers GROUP BY id;
CREATE UNIQUE INDEX summary_id ON summary (id);
CREATE MATERIALIZED VIEW over_summary AS SELECT sum(n) AS n FROM summary;
CREATE MATERIALIZED VIEW never_filled AS SELECT 1 AS a WITH NO DATA;
COMMENT ON MATERIALIZED VIEW summary IS 'of a materialized view';
CREATE FUNCTION atomic(i bigint) RETURNS TABLE (n bigint) LANGUAGE sql
BEGIN ATOMIC
  SELECT CASE WHEN count(*) > 1 THEN 1 ELSE 2 END FROM customers WHERE id = i;
  SELECT CASE i WHEN 1 THEN CASE WHEN true THEN 5 END ELSE 7 END AS "end; begin" FROM customers GROUP BY id;
END;
CREATE FUNCTION atomic_return(a integer) RETURNS integer LANGUAGE sql IMMUTABLE RETURN a + 1;

CREATE TABLE ruled (a integer, b text);
CREATE TABLE ruled_log (a integer, b text);
CREATE RULE log_insert AS ON INSERT TO ruled DO ALSO (INSERT INTO ruled_log VALUES (NEW.a, 'x;y'); DELETE FROM ruled_log WHERE a < 0; UPDATE ruled_log SET b = ';)' WHERE a = 0);
CREATE RULE disabled_rule AS ON DELETE TO ruled DO ALSO DELETE FROM ruled_log;
ALTER TABLE ruled DISABLE RULE disabled_rule;
CREATE RULE always_rule AS ON UPDATE TO ruled DO ALSO NOTIFY "channel;";
ALTER TABLE ruled ENABLE ALWAYS RULE always_rule;
COMMENT ON RULE log_insert ON ruled IS 'of a rule';

CREATE TABLE row_secured (id integer PRIMARY KEY, who text);
ALTER TABLE row_secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON row_secured AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (who = current_user) WITH CHECK (who <> ';');
COMMENT ON POLICY mine ON row_secured IS 'of a policy';

CREATE TABLE self_checked (a integer, b integer);
CREATE FUNCTION row_is_fine(r self_checked) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT r.a IS DISTINCT FROM r.b';
ALTER TABLE self_checked ADD CONSTRAINT fine CHECK (row_is_fine(self_checked));

INSERT INTO customers (email, code) VALUES ('a@example.org', 'A'), ('b@example.org', 'B');
REFRESH MATERIALIZED VIEW summary;
REFRESH MATERIALIZED VIEW over_summary;
