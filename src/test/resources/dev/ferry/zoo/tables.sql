-- Every kind of table, in a state that the script goes on from.

-- Keys beside those that Keys.java makes.
CREATE TABLE zoo.key_of_two (a integer, b text COLLATE zoo.folded, v integer, PRIMARY KEY (b, a));
INSERT INTO zoo.key_of_two SELECT i, 'Key ' || i % 7, 0 FROM generate_series(1, 50) i;
CREATE TABLE zoo.key_of_eight (a smallint, b bigint, c text, d date, e uuid, f zoo.mood, g ext.citext, h numeric, v integer,
  PRIMARY KEY (h, g, f, e, d, c, b, a));
INSERT INTO zoo.key_of_eight SELECT i, i, 'c' || i, date '2024-02-29' + i, md5(i::text)::uuid, 'sad', 'G' || i, i / 10.0, 0
  FROM generate_series(1, 50) i;
CREATE TABLE zoo.key_with_more (id integer, extra text, v integer, PRIMARY KEY (id) INCLUDE (extra));
INSERT INTO zoo.key_with_more SELECT i, 'e' || i, 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.key_deferred (id integer PRIMARY KEY DEFERRABLE INITIALLY DEFERRED, v integer UNIQUE DEFERRABLE);
INSERT INTO zoo.key_deferred SELECT i, i FROM generate_series(1, 20) i;
CREATE TABLE zoo.key_generated (n integer NOT NULL, k integer GENERATED ALWAYS AS (n * 2) STORED PRIMARY KEY, v integer);
INSERT INTO zoo.key_generated (n, v) SELECT i, 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.unique_not_null (a text NOT NULL, b integer NOT NULL, v integer);
CREATE UNIQUE INDEX ON zoo.unique_not_null (a, b);
INSERT INTO zoo.unique_not_null SELECT 'a' || i, i, 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.unique_nullable (user_id integer, role_id integer, v integer);
CREATE UNIQUE INDEX ON zoo.unique_nullable (user_id, role_id);
INSERT INTO zoo.unique_nullable SELECT nullif(i % 10, 0), nullif(i / 10, 3), 0 FROM generate_series(0, 49) i;
CREATE TABLE zoo.unique_nulls_not_distinct (a integer, b integer, v integer, UNIQUE NULLS NOT DISTINCT (a, b));
INSERT INTO zoo.unique_nulls_not_distinct VALUES (1, 1, 0), (1, NULL, 0), (NULL, 1, 0), (NULL, NULL, 0);
CREATE TABLE zoo.unique_partial (a integer, b integer NOT NULL, c integer);
CREATE UNIQUE INDEX ON zoo.unique_partial (b) WHERE b > 0;
CREATE UNIQUE INDEX ON zoo.unique_partial ((c * 2));
INSERT INTO zoo.unique_partial SELECT i, i, i FROM generate_series(1, 20) i;
CREATE TABLE zoo.keyless (a integer, b text COLLATE zoo.folded);
INSERT INTO zoo.keyless SELECT i % 5, 'x' FROM generate_series(1, 20) i;
CREATE TABLE zoo.keyless_full (a integer, b jsonb);
ALTER TABLE zoo.keyless_full REPLICA IDENTITY FULL;
INSERT INTO zoo.keyless_full SELECT 1, '{"a": 1}' FROM generate_series(1, 3);
CREATE TABLE zoo.no_columns ();
INSERT INTO zoo.no_columns DEFAULT VALUES;
INSERT INTO zoo.no_columns DEFAULT VALUES;
CREATE TABLE zoo.only_generated (g integer GENERATED ALWAYS AS (5) STORED);
INSERT INTO zoo.only_generated DEFAULT VALUES;
CREATE TABLE zoo.always_empty (id integer PRIMARY KEY);

-- Names.
CREATE SCHEMA "Sales Dept; ""Q"" .dotted 🚢 ? :x %s {fn now()}";
CREATE TABLE "Sales Dept; ""Q"" .dotted 🚢 ? :x %s {fn now()}"."A ""table"".with: 'all' ? $1 %d 🐙\"
  ("ID .""x"" 'y'" integer PRIMARY KEY, "? :name %s {d '1'}" text, "🐙\" integer DEFAULT 5, "select" text, " " text);
INSERT INTO "Sales Dept; ""Q"" .dotted 🚢 ? :x %s {fn now()}"."A ""table"".with: 'all' ? $1 %d 🐙\"
  SELECT i, '?', i, ':x', 'y' FROM generate_series(1, 20) i;
CREATE TABLE zoo."line
end	tab" ("a
b" integer PRIMARY KEY, v integer);
INSERT INTO zoo."line
end	tab" SELECT i, 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk
  (abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk integer PRIMARY KEY,
   abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijl serial UNIQUE, v integer DEFAULT 0);
INSERT INTO zoo.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk SELECT i FROM generate_series(1, 20) i;
CREATE SCHEMA "ferry ";
CREATE SCHEMA "Ferry";
CREATE TABLE "Ferry".marker (table_id integer PRIMARY KEY, reason text, v integer);
INSERT INTO "Ferry".marker SELECT i, 'r', 0 FROM generate_series(1, 20) i;
CREATE TABLE "ferry ".delta_1 (k1 integer, k2 integer, present boolean, c1 text, c2 text, v integer, PRIMARY KEY (k2, k1));
INSERT INTO "ferry ".delta_1 SELECT i, -i, i % 2 = 0, 'c1', 'c2', 0 FROM generate_series(1, 20) i;
CREATE TABLE public.ferry (ferry integer PRIMARY KEY, found boolean, old text, new text, tg_op text, d text, k text, t text, ctid_ text,
  v integer);
INSERT INTO public.ferry SELECT i, true, 'o', 'n', 'op', 'd', 'k', 't', 'c', 0 FROM generate_series(1, 20) i;
CREATE TABLE public.t (t integer PRIMARY KEY, k zoo.pair, d zoo.pair, v integer);
INSERT INTO public.t SELECT i, ROW(i, 'x')::zoo.pair, NULL, 0 FROM generate_series(1, 20) i;
CREATE TABLE public.k (k integer PRIMARY KEY, d integer, v integer);
INSERT INTO public.k SELECT i, i, 0 FROM generate_series(1, 20) i;
CREATE TABLE public.d (d integer PRIMARY KEY, k1 integer, present text, v integer);
INSERT INTO public.d SELECT i, i, 'p', 0 FROM generate_series(1, 20) i;
CREATE TABLE public.x (x text PRIMARY KEY, oid_ integer, tableoid_ text, unreadable boolean, v integer);
INSERT INTO public.x SELECT 'x' || i, i, 't', true, 0 FROM generate_series(1, 20) i;
CREATE TABLE public.ferry_capture (old_k1 integer PRIMARY KEY, new_k1 integer UNIQUE, v integer);
INSERT INTO public.ferry_capture SELECT i, i, 0 FROM generate_series(1, 20) i;

-- Columns.
CREATE TABLE zoo.dropped_columns (a integer, id integer PRIMARY KEY, b text, c text NOT NULL, d integer);
INSERT INTO zoo.dropped_columns SELECT i, i, 'b', 'c', i FROM generate_series(1, 20) i;
ALTER TABLE zoo.dropped_columns DROP COLUMN a, DROP COLUMN c;
ALTER TABLE zoo.dropped_columns ADD COLUMN e text DEFAULT 'later' NOT NULL, ADD COLUMN f timestamptz DEFAULT now();
CREATE TABLE zoo.generated (a integer, first integer GENERATED ALWAYS AS (a + 1) STORED, id integer PRIMARY KEY,
  last text GENERATED ALWAYS AS ('v' || id) STORED UNIQUE, v integer CHECK (first > 0));
INSERT INTO zoo.generated (a, id, v) SELECT i, i, 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.identity_always (id bigint GENERATED ALWAYS AS IDENTITY (START WITH 1000 INCREMENT BY 3) PRIMARY KEY,
  other integer GENERATED BY DEFAULT AS IDENTITY (MINVALUE -5 START WITH -5), v integer);
INSERT INTO zoo.identity_always (v) SELECT 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.serial_of_its_own (id serial PRIMARY KEY, n smallserial, v integer DEFAULT nextval('zoo.free'));
INSERT INTO zoo.serial_of_its_own SELECT FROM generate_series(1, 20);
COMMENT ON COLUMN zoo.serial_of_its_own.v IS 'from a sequence that nobody owns';
DO $$ BEGIN
  EXECUTE 'CREATE TABLE zoo.columns_1600 (' ||
    (SELECT string_agg('c' || i || CASE WHEN i = 1600 THEN ' integer PRIMARY KEY' ELSE ' smallint' END, ', ' ORDER BY i)
     FROM generate_series(1, 1600) i) || ')';
  EXECUTE 'CREATE TABLE zoo.columns_1600_keyless (' ||
    (SELECT string_agg('c' || i || ' "char"', ', ' ORDER BY i) FROM generate_series(1, 1600) i) || ')';
  EXECUTE 'CREATE TABLE zoo.columns_1598 (' ||
    (SELECT string_agg('c' || i || CASE WHEN i > 1590 THEN ' integer' ELSE ' smallint' END, ', ' ORDER BY i)
     FROM generate_series(1, 1598) i) || ', PRIMARY KEY (c1598, c1597, c1596, c1595))';
END $$;
INSERT INTO zoo.columns_1600 (c1, c2, c1599, c1600) SELECT i, i, i, i FROM generate_series(1, 50) i;
INSERT INTO zoo.columns_1600_keyless (c1, c1600) SELECT 'a', 'z' FROM generate_series(1, 5) i;
INSERT INTO zoo.columns_1598 (c1, c1594, c1595, c1596, c1597, c1598) SELECT i, i, i, i, i, i FROM generate_series(1, 50) i;

-- Partitions and inheritance.
CREATE TABLE zoo.ranged (id bigint, at date NOT NULL, kind text NOT NULL, v integer, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
CREATE TABLE zoo.ranged_2024 PARTITION OF zoo.ranged FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE zoo.ranged_2025 PARTITION OF zoo.ranged FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (kind);
CREATE TABLE zoo.ranged_2025_a PARTITION OF zoo.ranged_2025 FOR VALUES IN ('a', 'it''s');
CREATE TABLE zoo.ranged_2025_rest PARTITION OF zoo.ranged_2025 DEFAULT;
CREATE TABLE zoo."Ranged; rest" (kind text NOT NULL, v integer, gone text, at date NOT NULL, id bigint NOT NULL);
ALTER TABLE zoo."Ranged; rest" DROP COLUMN gone;
ALTER TABLE zoo.ranged ATTACH PARTITION zoo."Ranged; rest" DEFAULT;
INSERT INTO zoo.ranged SELECT i, date '2023-07-01' + i * 10, CASE i % 3 WHEN 0 THEN 'a' WHEN 1 THEN 'it''s' ELSE 'b' END, 0
  FROM generate_series(1, 100) i;
CREATE INDEX ranged_kind ON zoo.ranged (kind);
CREATE INDEX only_here ON zoo.ranged_2024 (v);
CREATE TABLE zoo.listed (id integer, kind zoo.mood, v integer) PARTITION BY LIST (kind);
CREATE TABLE zoo.listed_sad PARTITION OF zoo.listed FOR VALUES IN ('sad', NULL);
CREATE TABLE zoo.listed_rest PARTITION OF zoo.listed DEFAULT;
CREATE UNIQUE INDEX ON zoo.listed_rest (id);
INSERT INTO zoo.listed SELECT i, (enum_range(NULL::zoo.mood))[i % 5], 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.hashed (id integer, name text, v integer, PRIMARY KEY (id, name)) PARTITION BY HASH (id, name);
CREATE TABLE zoo.hashed_0 PARTITION OF zoo.hashed FOR VALUES WITH (MODULUS 2, REMAINDER 0);
CREATE TABLE zoo.hashed_1 PARTITION OF zoo.hashed FOR VALUES WITH (MODULUS 4, REMAINDER 1);
CREATE TABLE zoo.hashed_3 PARTITION OF zoo.hashed FOR VALUES WITH (MODULUS 4, REMAINDER 3);
INSERT INTO zoo.hashed SELECT i, 'n' || i, 0 FROM generate_series(1, 50) i;
CREATE TABLE zoo.by_expression (id integer NOT NULL, v integer) PARTITION BY RANGE ((abs(id)));
CREATE TABLE zoo.by_expression_low PARTITION OF zoo.by_expression FOR VALUES FROM (MINVALUE) TO (10);
CREATE TABLE zoo.by_expression_high PARTITION OF zoo.by_expression FOR VALUES FROM (10) TO (MAXVALUE);
INSERT INTO zoo.by_expression SELECT i, 0 FROM generate_series(-20, 20) i;
CREATE TABLE zoo.parent (id integer PRIMARY KEY, name text CHECK (name <> ''), v integer);
CREATE TABLE zoo.child (extra integer, PRIMARY KEY (id)) INHERITS (zoo.parent);
CREATE TABLE zoo.other_parent (more text, v integer);
CREATE TABLE zoo.grandchild (own text) INHERITS (zoo.child, zoo.other_parent);
INSERT INTO zoo.parent SELECT i, 'p', 0 FROM generate_series(1, 10) i;
INSERT INTO zoo.child SELECT i, 'c', 0, i FROM generate_series(5, 15) i;
INSERT INTO zoo.grandchild SELECT i, 'g', 0, i, 'm', 'o' FROM generate_series(10, 20) i;
INSERT INTO zoo.other_parent VALUES ('m', 1), ('m', 1);

-- Storage and security.
CREATE UNLOGGED TABLE zoo.fleeting (id integer PRIMARY KEY, v integer);
INSERT INTO zoo.fleeting SELECT i, 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.row_secured (id integer PRIMARY KEY, who text, v integer);
INSERT INTO zoo.row_secured SELECT i, 'nobody', 0 FROM generate_series(1, 20) i;
ALTER TABLE zoo.row_secured ENABLE ROW LEVEL SECURITY;
CREATE POLICY mine ON zoo.row_secured AS PERMISSIVE FOR ALL TO PUBLIC USING (who = 'anybody') WITH CHECK (who <> ';');
CREATE POLICY "no ""more""" ON zoo.row_secured AS RESTRICTIVE FOR UPDATE TO PUBLIC USING (true);
COMMENT ON POLICY mine ON zoo.row_secured IS 'of a policy';
CREATE TABLE zoo.row_secured_off (id integer PRIMARY KEY, v integer);
INSERT INTO zoo.row_secured_off VALUES (1, 0);
CREATE POLICY asleep ON zoo.row_secured_off USING (false);
CREATE TABLE zoo.row_secured_forced (id integer PRIMARY KEY);
ALTER TABLE zoo.row_secured_forced ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE TABLE zoo.packed (id integer PRIMARY KEY, v integer, big text) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.05);
ALTER TABLE zoo.packed ALTER COLUMN big SET STORAGE EXTERNAL, ALTER COLUMN v SET STATISTICS 500, ALTER COLUMN v SET (n_distinct = 5);
INSERT INTO zoo.packed SELECT i, 0, repeat(md5(i::text), 300) FROM generate_series(1, 200) i;
CREATE STATISTICS zoo.packed_statistics (dependencies, mcv, ndistinct) ON v, id, (v + 1) FROM zoo.packed;
ALTER STATISTICS zoo.packed_statistics SET STATISTICS 77;
COMMENT ON STATISTICS zoo.packed_statistics IS 'of statistics';
ALTER TABLE zoo.packed CLUSTER ON packed_pkey;

-- Constraints.
CREATE TABLE zoo.rooms (room integer, during tsrange, id integer PRIMARY KEY, v integer,
  CONSTRAINT no_overlap EXCLUDE USING gist (room WITH =, during WITH &&),
  CONSTRAINT no_overlap_later EXCLUDE USING gist (id WITH =, during WITH &&) WHERE (room > 5) DEFERRABLE INITIALLY DEFERRED);
INSERT INTO zoo.rooms SELECT i % 10, tsrange(timestamp '2024-01-01' + i * interval '1 day', timestamp '2024-01-02' + i * interval '1 day'), i, 0
  FROM generate_series(1, 40) i;
CREATE TABLE zoo.customers (id integer PRIMARY KEY, friend integer, best_order integer, v integer, name text);
CREATE TABLE zoo.orders (id integer PRIMARY KEY, customer integer REFERENCES zoo.customers ON DELETE CASCADE ON UPDATE CASCADE, v integer);
CREATE TABLE zoo.lines (order_id integer REFERENCES zoo.orders ON DELETE CASCADE ON UPDATE CASCADE, line integer, v integer,
  PRIMARY KEY (order_id, line));
CREATE TABLE zoo.notes (id integer PRIMARY KEY, customer integer DEFAULT 1 REFERENCES zoo.customers ON DELETE SET NULL ON UPDATE CASCADE, v integer,
  answers integer REFERENCES zoo.notes ON DELETE SET DEFAULT DEFERRABLE);
CREATE TABLE zoo.kept (id integer PRIMARY KEY, customer integer NOT NULL REFERENCES zoo.customers ON DELETE RESTRICT, v integer);
INSERT INTO zoo.customers SELECT i, i, i, 0, 'n' || i FROM generate_series(1, 200) i;
INSERT INTO zoo.orders SELECT i, 1 + i % 200, 0 FROM generate_series(1, 1000) i;
INSERT INTO zoo.lines SELECT 1 + i % 1000, i / 1000, 0 FROM generate_series(0, 2999) i;
INSERT INTO zoo.notes SELECT i, i, 0, i FROM generate_series(1, 200) i;
INSERT INTO zoo.kept SELECT i, i, 0 FROM generate_series(150, 200) i;
ALTER TABLE zoo.customers ADD CONSTRAINT circular FOREIGN KEY (best_order) REFERENCES zoo.orders ON DELETE SET NULL ON UPDATE CASCADE
  DEFERRABLE INITIALLY DEFERRED;
ALTER TABLE zoo.customers ADD CONSTRAINT friends FOREIGN KEY (friend) REFERENCES zoo.customers ON DELETE SET NULL ON UPDATE CASCADE;
COMMENT ON CONSTRAINT circular ON zoo.customers IS 'of a foreign key';
CREATE TABLE zoo.event_notes (event bigint, at date, kind text, v integer,
  FOREIGN KEY (event, at, kind) REFERENCES zoo.ranged ON DELETE CASCADE ON UPDATE CASCADE);
INSERT INTO zoo.event_notes SELECT id, at, kind, 0 FROM zoo.ranged WHERE id % 4 = 0;
CREATE TABLE zoo.old_rows (id integer PRIMARY KEY, n integer, customer integer, at zoo.late, v integer);
INSERT INTO zoo.old_rows SELECT i, -i, i + 1000, 'a very long one', 0 FROM generate_series(1, 20) i;
CREATE TABLE zoo.old_rows_reloaded (n integer, at zoo.late);
INSERT INTO zoo.old_rows_reloaded SELECT -i, 'a very long one' FROM generate_series(1, 20) i;
ALTER TABLE zoo.old_rows_reloaded ADD CONSTRAINT unproven_too CHECK (n > 0) NOT VALID;
ALTER TABLE zoo.old_rows ADD CONSTRAINT unproven_check CHECK (n > 0) NOT VALID;
ALTER TABLE zoo.old_rows ADD CONSTRAINT unproven_key FOREIGN KEY (customer) REFERENCES zoo.customers NOT VALID;
ALTER DOMAIN zoo.late ADD CONSTRAINT brief CHECK (length(VALUE) < 5) NOT VALID;
COMMENT ON CONSTRAINT unproven_check ON zoo.old_rows IS 'only new rows';
CREATE TABLE zoo.indexed (id integer PRIMARY KEY, email ext.citext UNIQUE, name text, tags text[], doc jsonb, v integer,
  CHECK (zoo.is_even(v) OR v > 0));
INSERT INTO zoo.indexed SELECT i, 'Mail' || i || '@x', 'N' || i, ARRAY['a', i::text], jsonb_build_object('a?', i), 0
  FROM generate_series(1, 50) i;
CREATE UNIQUE INDEX "Index; ""quoted""" ON zoo.indexed (lower(name)) WHERE v <> -1;
CREATE INDEX indexed_include ON zoo.indexed (name DESC NULLS LAST, v) INCLUDE (tags) WITH (fillfactor = 60);
CREATE INDEX indexed_doc ON zoo.indexed USING gin (doc jsonb_path_ops);
CREATE INDEX indexed_function ON zoo.indexed (zoo.twice(v), zoo.is_even(v));
CREATE INDEX indexed_hash ON zoo.indexed USING hash (email);
CREATE UNIQUE INDEX indexed_nulls ON zoo.indexed (v, id) NULLS NOT DISTINCT;
COMMENT ON INDEX zoo.indexed_doc IS 'of an index';

-- Triggers in each state, that change rows and write others.
CREATE TABLE zoo.triggered (id integer PRIMARY KEY, v integer, touched integer NOT NULL DEFAULT 0, note text);
CREATE TABLE zoo.audit (table_name text, op text, id integer, at timestamptz DEFAULT clock_timestamp(), r double precision DEFAULT random());
CREATE TABLE zoo.audit_keyed (id bigserial PRIMARY KEY, what text, at timestamptz DEFAULT clock_timestamp());
INSERT INTO zoo.triggered SELECT i, 0, 0, 'n' FROM generate_series(1, 50) i;
CREATE FUNCTION zoo.touch() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN NEW.touched := OLD.touched + 1; NEW.note := TG_NAME || clock_timestamp(); RETURN NEW; END $$;
CREATE FUNCTION zoo.keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO zoo.audit (table_name, op, id) VALUES (TG_TABLE_NAME, TG_NAME || ' ' || TG_OP, 1);
  INSERT INTO zoo.audit_keyed (what) VALUES (TG_NAME);
  RETURN NULL;
END $$;
CREATE FUNCTION zoo.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'must not fire'; END $$;
CREATE FUNCTION zoo.skip() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$;
CREATE TRIGGER a_touch BEFORE UPDATE ON zoo.triggered FOR EACH ROW WHEN (OLD.v IS DISTINCT FROM NEW.v) EXECUTE FUNCTION zoo.touch();
CREATE TRIGGER b_always BEFORE UPDATE OF v ON zoo.triggered FOR EACH ROW EXECUTE FUNCTION zoo.touch();
ALTER TABLE zoo.triggered ENABLE ALWAYS TRIGGER b_always;
CREATE TRIGGER c_disabled BEFORE INSERT OR UPDATE OR DELETE ON zoo.triggered FOR EACH ROW EXECUTE FUNCTION zoo.refuse();
ALTER TABLE zoo.triggered DISABLE TRIGGER c_disabled;
CREATE TRIGGER d_replica BEFORE INSERT OR UPDATE OR DELETE ON zoo.triggered FOR EACH ROW EXECUTE FUNCTION zoo.skip();
ALTER TABLE zoo.triggered ENABLE REPLICA TRIGGER d_replica;
CREATE TRIGGER e_after AFTER INSERT OR UPDATE OR DELETE ON zoo.triggered FOR EACH ROW EXECUTE FUNCTION zoo.keep_audit();
CREATE TRIGGER f_statement AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON zoo.triggered FOR EACH STATEMENT EXECUTE FUNCTION zoo.keep_audit();
ALTER TABLE zoo.triggered ENABLE ALWAYS TRIGGER f_statement;
CREATE TRIGGER g_transition AFTER UPDATE ON zoo.triggered REFERENCING OLD TABLE AS gone NEW TABLE AS come
  FOR EACH STATEMENT EXECUTE FUNCTION zoo.keep_audit();
CREATE CONSTRAINT TRIGGER "H; constraint" AFTER INSERT ON zoo.triggered DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  EXECUTE FUNCTION zoo.keep_audit();
COMMENT ON TRIGGER a_touch ON zoo.triggered IS 'of a trigger';
CREATE TRIGGER on_partitions AFTER INSERT ON zoo.ranged FOR EACH ROW EXECUTE FUNCTION zoo.keep_audit();
ALTER TABLE zoo.ranged_2024 DISABLE TRIGGER on_partitions;
ALTER TABLE zoo.ranged_2025_a ENABLE ALWAYS TRIGGER on_partitions;
CREATE TRIGGER whole_disabled BEFORE UPDATE ON zoo.ranged FOR EACH ROW EXECUTE FUNCTION zoo.refuse();
ALTER TABLE zoo.ranged DISABLE TRIGGER whole_disabled;
CREATE TRIGGER on_root AFTER UPDATE ON zoo.ranged FOR EACH STATEMENT EXECUTE FUNCTION zoo.keep_audit();
CREATE TRIGGER inherited AFTER INSERT OR UPDATE ON zoo.child FOR EACH ROW EXECUTE FUNCTION zoo.keep_audit();

-- Rules and views.
CREATE TABLE zoo.ruled (id integer PRIMARY KEY, v integer, b text);
CREATE TABLE zoo.ruled_log (a integer, b text);
INSERT INTO zoo.ruled SELECT i, 0, 'b' FROM generate_series(1, 20) i;
CREATE RULE log_insert AS ON INSERT TO zoo.ruled DO ALSO INSERT INTO zoo.ruled_log VALUES (NEW.id, 'inserted;');
CREATE RULE log_update AS ON UPDATE TO zoo.ruled WHERE OLD.v IS DISTINCT FROM NEW.v
  DO ALSO (INSERT INTO zoo.ruled_log VALUES (NEW.id, 'updated'); DELETE FROM zoo.ruled_log WHERE a < 0);
ALTER TABLE zoo.ruled ENABLE ALWAYS RULE log_update;
CREATE RULE disabled_rule AS ON DELETE TO zoo.ruled DO INSTEAD NOTHING;
ALTER TABLE zoo.ruled DISABLE RULE disabled_rule;
CREATE RULE replica_rule AS ON DELETE TO zoo.ruled DO INSTEAD NOTHING;
ALTER TABLE zoo.ruled ENABLE REPLICA RULE replica_rule;
COMMENT ON RULE log_insert ON zoo.ruled IS 'of a rule';
CREATE VIEW zoo.simple AS SELECT id, v FROM zoo.indexed WHERE doc ? 'a?';
CREATE VIEW zoo.guarded WITH (security_barrier, security_invoker) AS SELECT id FROM zoo.simple WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW zoo.grouped AS SELECT id, name, count(*) AS n FROM zoo.customers GROUP BY id;
CREATE RECURSIVE VIEW zoo.counting (n) AS VALUES (1) UNION ALL SELECT n + 1 FROM counting WHERE n < 5;
CREATE VIEW zoo.through AS SELECT id, v FROM zoo.triggered;
CREATE TRIGGER instead INSTEAD OF DELETE ON zoo.through FOR EACH ROW EXECUTE FUNCTION zoo.skip();
CREATE RULE through_insert AS ON INSERT TO zoo.through DO INSTEAD NOTHING;
COMMENT ON VIEW zoo.grouped IS 'needs the primary key';
CREATE MATERIALIZED VIEW zoo.summary AS SELECT v, count(*) AS n FROM zoo.orders GROUP BY v;
CREATE UNIQUE INDEX summary_v ON zoo.summary (v);
CREATE MATERIALIZED VIEW zoo.over_summary AS SELECT sum(n) AS n FROM zoo.summary;
CREATE MATERIALIZED VIEW zoo.never_filled AS SELECT 1 AS a WITH NO DATA;
COMMENT ON MATERIALIZED VIEW zoo.summary IS 'of a materialized view';

-- For what happens while a table is copied.
CREATE TABLE zoo.rewritten (id integer PRIMARY KEY, v integer, pad text);
CREATE INDEX rewritten_by_pad ON zoo.rewritten (pad);
CREATE TABLE zoo.clustered (id integer PRIMARY KEY, v integer, pad text);
ALTER TABLE zoo.clustered CLUSTER ON clustered_pkey;
CREATE TABLE zoo.truncated (id integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v integer);
CREATE TABLE zoo.truncated_too (id integer REFERENCES zoo.truncated, v integer);
CREATE TABLE zoo.truncated_keyless (v integer);
CREATE TABLE zoo.bulk (id integer PRIMARY KEY, v integer NOT NULL);
CREATE TABLE zoo.locked_during_the_copy (id integer PRIMARY KEY, v integer);
INSERT INTO zoo.rewritten SELECT i, 0, md5(i::text) FROM generate_series(1, 5000) i;
INSERT INTO zoo.clustered SELECT i, 0, md5(i::text) FROM generate_series(5000, 1, -1) i;
INSERT INTO zoo.truncated (v) SELECT 0 FROM generate_series(1, 3000);
INSERT INTO zoo.truncated_too SELECT i, 0 FROM generate_series(1, 3000) i;
INSERT INTO zoo.truncated_keyless SELECT i FROM generate_series(1, 3000) i;
INSERT INTO zoo.bulk SELECT i, 0 FROM generate_series(1, 10000) i;
INSERT INTO zoo.locked_during_the_copy SELECT i, 0 FROM generate_series(1, 20) i;
