-- Statements of every kind, each ended by a semicolon at a line's end. A group begins at a line with ">>" and runs in one
-- session; ${n} is the number of the pass.
-- >> INSERT ... ON CONFLICT
INSERT INTO zoo.key_with_more VALUES (1, 'again', 1), (${n}000, 'new', 1)
  ON CONFLICT (id) DO UPDATE SET v = key_with_more.v + 1, extra = excluded.extra;
INSERT INTO zoo.unique_nulls_not_distinct VALUES (NULL, NULL, ${n}), (1, NULL, ${n}), (${n}0, NULL, ${n})
  ON CONFLICT (a, b) DO UPDATE SET v = excluded.v;
INSERT INTO zoo.unique_not_null VALUES ('a1', 1, ${n}), ('new', ${n}, 0) ON CONFLICT DO NOTHING;
INSERT INTO zoo.indexed (id, email, v) VALUES (${n}00, 'MAIL1@X', 5) ON CONFLICT (email) DO UPDATE SET email = excluded.email, v = indexed.v + 1;
INSERT INTO zoo.key_of_two VALUES (1, 'KEY 1', ${n}) ON CONFLICT (b, a) DO UPDATE SET b = excluded.b, v = excluded.v;
-- >> MERGE
MERGE INTO zoo.unique_not_null AS t USING (SELECT 'a' || i AS a, i AS b FROM generate_series(2, 22) i) s ON t.a = s.a AND t.b = s.b
  WHEN MATCHED AND t.b % 3 = 0 THEN DELETE
  WHEN MATCHED AND t.b % 3 = 1 THEN UPDATE SET v = t.v + 1, a = 'a' || ${n} || s.a
  WHEN NOT MATCHED THEN INSERT VALUES (s.a, s.b, ${n});
MERGE INTO zoo.ranged AS t USING (SELECT i FROM generate_series(1, 30) i) s ON t.id = s.i
  WHEN MATCHED AND s.i % 3 = 0 THEN UPDATE SET at = t.at + 400, kind = 'moved ${n}'
  WHEN MATCHED AND s.i % 3 = 1 THEN UPDATE SET v = t.v + 1
  WHEN NOT MATCHED THEN INSERT VALUES (s.i, date '2024-05-05', 'a', ${n});
MERGE INTO zoo.triggered AS t USING (SELECT 5 AS i UNION ALL SELECT ${n}000) s ON t.id = s.i
  WHEN MATCHED THEN UPDATE SET v = v + 1 WHEN NOT MATCHED THEN INSERT (id, v) VALUES (s.i, 1);
-- >> UPDATE ... FROM and DELETE ... USING
UPDATE zoo.orders AS o SET v = o.v + l.n FROM (SELECT order_id, count(*) AS n FROM zoo.lines GROUP BY order_id) l WHERE l.order_id = o.id AND o.id % 5 = 0;
UPDATE zoo.key_of_eight AS e SET h = e.h + 0.05, f = 'hap;py, "very"', g = upper(e.g::text)::ext.citext FROM zoo.key_of_two t WHERE t.a = e.a AND e.a % 2 = 0;
DELETE FROM zoo.lines USING zoo.orders o WHERE o.id = lines.order_id AND o.id % 100 = ${n};
UPDATE zoo.key_of_eight SET h = h::text::numeric * 1.0;
UPDATE zoo.key_of_two SET b = upper(b) WHERE a % 2 = 0;
UPDATE zoo.key_of_two SET b = lower(b), v = v + 1 WHERE a % 4 = 0;
-- >> Several tables in one statement
WITH gone AS (DELETE FROM zoo.unique_partial WHERE a % 10 = ${n} RETURNING *),
  kept AS (INSERT INTO zoo.keyless SELECT a, 'gone ' || b FROM gone RETURNING a),
  told AS (UPDATE zoo.indexed SET v = v + 1, name = name || 'x' WHERE id IN (SELECT a FROM kept) RETURNING id)
INSERT INTO zoo.unique_partial SELECT a + 100 * ${n}, -b, c + 1000 * ${n} FROM gone;
WITH a AS (UPDATE zoo.hashed SET name = name || ${n}, id = id + 100 WHERE id % 7 = 1 RETURNING id)
INSERT INTO zoo.hashed SELECT id - 100, 'back', ${n} FROM a;
-- >> Foreign keys that act
DELETE FROM zoo.customers WHERE id IN (${n} + 20, ${n} + 30);
UPDATE zoo.customers SET id = id + ${n} * 100000 WHERE id % 50 = 40 + ${n} AND id < 150;
DELETE FROM zoo.orders WHERE id % 97 = ${n};
UPDATE zoo.orders SET id = id + ${n} * 100000 WHERE id % 89 = ${n} AND id < 100000;
BEGIN; SET CONSTRAINTS ALL DEFERRED; INSERT INTO zoo.customers VALUES (-${n}, 1, -${n}, 0, 'rolled back'); ROLLBACK;
BEGIN; INSERT INTO zoo.customers VALUES (-${n}, 1, -${n}, 0, 'circle'); INSERT INTO zoo.orders VALUES (-${n}, -${n}, 0); COMMIT;
DELETE FROM zoo.notes WHERE id = 60 + ${n};
UPDATE zoo.ranged SET at = at + 1 WHERE id % 20 = 0;
DELETE FROM zoo.ranged WHERE id = 40 + 4 * ${n};
-- >> TRUNCATE ... RESTART IDENTITY
TRUNCATE zoo.truncated RESTART IDENTITY CASCADE;
-- >> TRUNCATE
TRUNCATE zoo.truncated_keyless;
INSERT INTO zoo.truncated (v) SELECT ${n} FROM generate_series(1, 10 * ${n});
INSERT INTO zoo.truncated_too SELECT id, v FROM zoo.truncated WHERE id < 5;
BEGIN; TRUNCATE zoo.always_empty, zoo.keyless_full, zoo.unique_nullable; INSERT INTO zoo.keyless_full VALUES (1, '{}'); ROLLBACK;
BEGIN; INSERT INTO zoo.fleeting VALUES (-1, 0); TRUNCATE zoo.fleeting, zoo.keyless_full; INSERT INTO zoo.fleeting SELECT i, ${n} FROM generate_series(1, 5) i;
INSERT INTO zoo.keyless_full VALUES (${n}, '{"b": 1.0}'), (${n}, '{"b": 1.0}'); COMMIT;
BEGIN; SAVEPOINT a; TRUNCATE zoo.hashed; ROLLBACK TO a; UPDATE zoo.hashed SET v = v + 1 WHERE id < 5; COMMIT;
TRUNCATE ONLY zoo.other_parent;
INSERT INTO zoo.other_parent VALUES ('new', ${n});
TRUNCATE zoo.listed_sad;
INSERT INTO zoo.listed VALUES (10000 + ${n}, NULL, 0), (20000 + ${n}, 'sad', 0), (1000 + ${n}, 'it''s ok', 0);
-- >> Savepoints
BEGIN; UPDATE zoo.indexed SET v = v + 2 WHERE id = 1; SAVEPOINT a; DELETE FROM zoo.indexed; SAVEPOINT b; INSERT INTO zoo.indexed (id, v) VALUES (-1, 2);
ROLLBACK TO a; UPDATE zoo.indexed SET v = v + 2, doc = '{"b": [1.0]}' WHERE id = 2; RELEASE a; COMMIT;
BEGIN; DELETE FROM zoo.customers WHERE id < 100; ROLLBACK;
DO $$ BEGIN FOR i IN 1..100 LOOP BEGIN UPDATE zoo.packed SET v = v + 1 WHERE id = i; IF i % 2 = 0 THEN RAISE EXCEPTION 'x'; END IF;  EXCEPTION WHEN raise_exception THEN NULL; END; END LOOP; END $$;
-- >> Partitions and inheritance
INSERT INTO zoo.ranged SELECT 1000 * ${n} + i, date '2023-12-01' + i * 20, CASE i % 2 WHEN 0 THEN 'a' ELSE 'z' END, 0 FROM generate_series(1, 60) i;
INSERT INTO zoo.ranged_2024 VALUES (5000 + ${n}, '2024-06-06', 'straight', 0);
INSERT INTO zoo.ranged_2025_a VALUES (5000 + ${n}, '2025-06-06', 'a', 0);
INSERT INTO zoo."Ranged; rest" (id, at, kind, v) VALUES (5000 + ${n}, '1999-06-06', 'q', 0);
UPDATE zoo.ranged SET at = at + 365 WHERE id % 5 = ${n};
UPDATE zoo.ranged SET kind = 'it''s' WHERE kind = 'a' AND id % 2 = 0;
UPDATE zoo.ranged_2024 SET v = v + 1;
DELETE FROM zoo.ranged WHERE id % 11 = ${n};
DELETE FROM zoo.ranged_2025 WHERE id % 13 = ${n};
UPDATE zoo.listed SET kind = 'hap;py, "very"' WHERE id % 4 = 0;
UPDATE zoo.listed SET kind = 'sad' WHERE id % 5 = ${n};
UPDATE zoo.by_expression SET id = -id, v = v + 1;
UPDATE zoo.by_expression SET id = id * 2 WHERE id % 3 = 0 AND abs(id) < 1000;
UPDATE zoo.hashed SET id = id + 1000 WHERE id % 3 = ${n};
UPDATE zoo.parent SET v = v + 1;
UPDATE ONLY zoo.parent SET id = id + 100 WHERE id % 2 = 0 AND id < 100;
UPDATE zoo.child SET id = -id WHERE id % 3 = ${n};
DELETE FROM zoo.parent WHERE id % 17 = ${n};
INSERT INTO zoo.child VALUES (2000 + ${n}, 'c', 0, 1);
INSERT INTO zoo.grandchild VALUES (3000 + ${n}, 'g', 0, 1, 'm', 'o');
INSERT INTO zoo.parent VALUES (3000 + ${n}, 'p', 0);
UPDATE zoo.other_parent SET more = more || 'x';
-- >> Names
UPDATE "Sales Dept; ""Q"" .dotted 🚢 ? :x %s {fn now()}"."A ""table"".with: 'all' ? $1 %d 🐙\"
  SET "ID .""x"" 'y'" = - "ID .""x"" 'y'", "🐙\" = ${n}, "? :name %s {d '1'}" = '{d ?}';
DELETE FROM "Sales Dept; ""Q"" .dotted 🚢 ? :x %s {fn now()}"."A ""table"".with: 'all' ? $1 %d 🐙\" WHERE "ID .""x"" 'y'" = ${n};
UPDATE zoo."line
end	tab" SET "a
b" = - "a
b", v = ${n};
UPDATE zoo.abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk
  SET abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk = - abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyzabcdefghijk, v = v + 1;
UPDATE "Ferry".marker SET table_id = - table_id, v = ${n};
UPDATE "ferry ".delta_1 SET k1 = k1 + 1, v = ${n} WHERE k1 % 2 = 0;
UPDATE public.ferry SET ferry = - ferry, found = NOT found, v = ${n};
UPDATE public.t SET t = - t, d = k, k = d, v = ${n};
UPDATE public.k SET k = - k, v = ${n};
UPDATE public.d SET d = - d, v = ${n};
UPDATE public.x SET x = x || 'y', v = ${n} WHERE oid_ % 2 = 0;
UPDATE public.ferry_capture SET old_k1 = - old_k1, v = ${n};
DELETE FROM public.t WHERE abs(t) = ${n};
-- >> Columns
UPDATE zoo.columns_1600 SET c1 = c1 + 1 WHERE c1600 % 2 = 0;
UPDATE zoo.columns_1600 SET c1600 = c1600 + 1000, c800 = c1600 WHERE c1600 % 5 = ${n};
DELETE FROM zoo.columns_1600 WHERE c1600 % 19 = ${n};
INSERT INTO zoo.columns_1600 (c3, c1600) VALUES (1, -${n});
UPDATE zoo.columns_1598 SET c1 = c1 + 1, c1598 = -c1598 WHERE c1595 % 3 = ${n} % 3;
DELETE FROM zoo.columns_1598 WHERE c1595 = ${n};
INSERT INTO zoo.columns_1600_keyless (c7) VALUES ('${n}');
INSERT INTO zoo.no_columns DEFAULT VALUES;
INSERT INTO zoo.only_generated DEFAULT VALUES;
UPDATE zoo.dropped_columns SET id = -id, f = now();
INSERT INTO zoo.dropped_columns (id) VALUES (1000 + ${n});
UPDATE zoo.generated SET a = a + 1, id = id + 1000 WHERE id % 4 = ${n} % 4;
UPDATE zoo.key_generated SET n = n + 500 WHERE n % 6 = ${n} AND n < 500;
UPDATE zoo.key_generated SET v = v + 1;
DELETE FROM zoo.key_generated WHERE k = 8 + 2 * ${n};
INSERT INTO zoo.identity_always (v) VALUES (${n}), (${n});
INSERT INTO zoo.identity_always OVERRIDING SYSTEM VALUE VALUES (-${n}, 0, 0);
INSERT INTO zoo.serial_of_its_own (n) SELECT ${n} FROM generate_series(1, 5);
SELECT nextval('zoo.down'), nextval('zoo.small'), nextval('zoo.round_and_round'), setval('zoo.free', 100 * ${n}, ${n} % 2 = 0);
-- >> Keys
UPDATE zoo.unique_nullable SET v = v + 1;
UPDATE zoo.unique_nullable SET role_id = NULL WHERE user_id = ${n};
UPDATE zoo.unique_nullable SET user_id = user_id + 100, role_id = coalesce(role_id, 50 + user_id) WHERE user_id = 5;
DELETE FROM zoo.unique_nullable WHERE user_id IS NULL AND role_id = 1;
UPDATE zoo.unique_nulls_not_distinct SET b = coalesce(b, 0) + 10 WHERE a = 1;
INSERT INTO zoo.keyless VALUES (${n}, NULL), (${n}, NULL), (NULL, NULL);
DELETE FROM zoo.keyless WHERE ctid = (SELECT min(ctid) FROM zoo.keyless);
UPDATE zoo.keyless SET b = upper(b) WHERE a % 2 = 0;
BEGIN; UPDATE zoo.key_deferred SET id = 21 - id, v = 21 - v; UPDATE zoo.key_deferred SET v = 21 - v WHERE id < 0; COMMIT;
BEGIN; UPDATE zoo.rooms SET room = 100 WHERE id = 1; UPDATE zoo.rooms AS r SET during = o.during FROM zoo.rooms o WHERE r.id = 11 AND o.id = 1;
UPDATE zoo.rooms SET during = tsrange(timestamp '2020-01-01' + ${n} * interval '1 day', timestamp '2020-01-02' + ${n} * interval '1 day'), room = 1 WHERE id = 1;
COMMIT;
UPDATE zoo.old_rows SET v = v + 1, n = id, customer = 199, at = 'ok' WHERE id % 5 = ${n};
DELETE FROM zoo.old_rows WHERE id = 10 + ${n};
DELETE FROM zoo.old_rows_reloaded WHERE n = -${n};
UPDATE zoo.unique_partial SET b = -b WHERE a % 3 = 0;
-- >> Triggers, rules and views
UPDATE zoo.triggered SET v = v + 1 WHERE id % 2 = 0;
UPDATE zoo.triggered SET id = id + 100 WHERE id % 9 = ${n};
INSERT INTO zoo.triggered (id, v) VALUES (9000 + ${n}, 0);
DELETE FROM zoo.triggered WHERE id % 23 = ${n};
INSERT INTO zoo.ruled VALUES (100 + ${n}, 0, 'new');
UPDATE zoo.ruled SET v = v + 1 WHERE id % 2 = 0;
DELETE FROM zoo.ruled WHERE id % 10 = ${n};
UPDATE zoo.simple SET v = v + 2 WHERE id % 3 = 0;
INSERT INTO zoo.through VALUES (1, 1);
DELETE FROM zoo.through WHERE id = 1;
UPDATE zoo.row_secured SET v = v + 1;
UPDATE zoo.row_secured_off SET v = v + 1;
DELETE FROM zoo.row_secured WHERE id = ${n};
UPDATE zoo.fleeting SET v = v + 1;
UPDATE zoo.packed SET big = big || 'x', id = -id WHERE abs(id) % 7 = ${n};
UPDATE zoo.packed SET v = v + 1 WHERE id % 2 = 0;
-- >> Two phases, first
BEGIN; UPDATE zoo.indexed SET v = v + 2, email = upper(email::text)::ext.citext WHERE id = 20 + ${n}; DELETE FROM zoo.key_with_more WHERE id = 4 + ${n};
PREPARE TRANSACTION '${database} ${n}';
-- >> Two phases, second
COMMIT PREPARED '${database} ${n}';
-- >> VACUUM FULL
VACUUM (FULL, ANALYZE) zoo.rewritten;
-- >> CLUSTER
CLUSTER zoo.clustered USING clustered_pkey;
-- >> Rows that a rewrite moved
UPDATE zoo.rewritten SET v = v + 1, pad = pad || 'x' WHERE id % 100 = ${n};
DELETE FROM zoo.rewritten WHERE id % 103 = ${n};
UPDATE zoo.clustered SET id = -id WHERE id % 101 = ${n};
INSERT INTO zoo.clustered SELECT i, 1, 'new' FROM generate_series(10000 * ${n}, 10000 * ${n} + 50) i ON CONFLICT DO NOTHING;
REINDEX TABLE zoo.rewritten;
-- >> VACUUM
VACUUM (ANALYZE) zoo.rewritten, zoo.bulk;
-- >> A large transaction
BEGIN; UPDATE zoo.bulk SET v = v + 1; INSERT INTO zoo.bulk SELECT i, 0 FROM generate_series(100000 * ${n}, 100000 * ${n} + ${large}) i;
DELETE FROM zoo.bulk WHERE id % 10 = ${n}; UPDATE zoo.bulk SET id = -id WHERE id % 10 = 9; COMMIT;
