-- Values at the edges of their types. Each table has an id, by which the script moves its rows.
CREATE SCHEMA vals;
SET search_path = vals, zoo, ext, public;

CREATE TABLE integers (id integer PRIMARY KEY, a smallint, b integer, c bigint, d oid, e xid8, f boolean, g pg_lsn, h tid, i xid, j cid);
INSERT INTO integers VALUES
  (1, -32768, -2147483648, -9223372036854775808, 0, '0', false, '0/0', '(0,0)', '0', '0'),
  (2, 32767, 2147483647, 9223372036854775807, 4294967295, '18446744073709551615', true, 'FFFFFFFF/FFFFFFFF', '(4294967295,65535)',
   '4294967295', '4294967295'),
  (3, 0, 0, 0, 1, '1', NULL, '16/B374D848', NULL, NULL, NULL), (4, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE numerics (id integer PRIMARY KEY, a numeric, b numeric(10, 3), c numeric(3, -2), d numeric[]);
INSERT INTO numerics VALUES
  (1, 'NaN', 'NaN', 'NaN', '{NaN,1.0,1.00,-0,0.000}'), (2, 'Infinity', 1.5, 12300, NULL), (3, '-Infinity', -1.5, -12300, '{}'),
  (4, 1.0, 0.001, 0, NULL), (5, 1.00, 0, 0, NULL), (6, -0.0, 9999999.999, 99900, NULL), (7, 1e-16383, NULL, NULL, NULL),
  (8, ('9' || repeat('0', 131071))::numeric, NULL, NULL, NULL), (9, 123456789012345678901234567890.1234567890123456789012345678900, NULL, NULL, NULL);
CREATE TABLE floats (id integer PRIMARY KEY, a float8, b float4, c float8[]);
INSERT INTO floats VALUES
  (1, 'NaN', 'NaN', '{NaN,-0,0,Infinity}'), (2, 'Infinity', 'Infinity', NULL), (3, '-Infinity', '-Infinity', NULL), (4, '-0', '-0', NULL), (5, 0, 0, NULL),
  (6, 4.9406564584124654e-324, 1.4e-45, NULL), (7, 1.7976931348623157e308, 3.4028235e38, NULL), (8, -1.7976931348623157e308, -3.4028235e38, NULL),
  (9, 0.1::float8 + 0.2, 0.1, NULL), (10, 2.2250738585072014e-308, 1.17549435e-38, NULL), (11, 9007199254740993, 16777217, NULL);
CREATE TABLE moneys (id integer PRIMARY KEY, a money);
INSERT INTO moneys VALUES (1, '-92233720368547758.08'), (2, '92233720368547758.07'), (3, '0'), (4, '-0.01'), (5, '1234.5');
CREATE TABLE times (id integer PRIMARY KEY, a date, b timestamp, c timestamptz, d time, e timetz, f timestamptz(0), g timestamp[]);
INSERT INTO times VALUES
  (1, '4713-01-01 BC', '4713-01-01 00:00:00 BC', '4713-01-01 00:00:00+00 BC', '00:00', '00:00+15:59', '2024-03-10 02:30:00.6-05', '{infinity,-infinity,NULL}'),
  (2, '5874897-12-31', '294276-12-31 23:59:59.999999', '294276-12-31 23:59:59.999999+00', '24:00', '24:00-15:59', 'infinity', NULL),
  (3, 'infinity', 'infinity', 'infinity', '23:59:59.999999', '23:59:60+00', '-infinity', NULL),
  (4, '-infinity', '-infinity', '-infinity', '12:00:00.000001', '12:00:00.5+05:30:15', NULL, NULL),
  (5, '0001-01-01 BC', '0044-03-15 12:00:00.5 BC', '0044-03-15 12:00:00.5+00 BC', NULL, NULL, NULL, NULL),
  (6, '2024-02-29', '2024-11-03 01:30:00', '2024-11-03 01:30:00 America/New_York', NULL, '2024-07-01 01:30:00 America/New_York', NULL, NULL),
  (7, '1582-10-10', '1883-11-18 12:03:58', '1883-11-18 12:03:58 America/New_York', NULL, NULL, NULL, NULL);
CREATE TABLE intervals (id integer PRIMARY KEY, a interval, b interval(2), c interval YEAR TO MONTH, d interval[]);
INSERT INTO intervals VALUES
  (1, '178000000 years 11 mons', '1 day -00:00:01.234567', '5 years 3 months', '{1 day,24 hours,NULL}'),
  (2, '-178000000 years', '-1 day 1 hour', '-5 years -3 months', NULL),
  (3, '1 mon -1 day 00:00:00.000001', '-1 mon +1 day -00:00:00.01', '0', NULL),
  (4, '-1 year -2 mons +3 days -04:05:06.789', '0', NULL, NULL), (5, '2147483647 days 2562047788:00:54.775807', NULL, NULL, NULL),
  (6, '-2147483648 days -2562047788:00:54.775807', NULL, NULL, NULL), (7, '1 year 1 day', NULL, NULL, NULL), (8, '24:00:00', NULL, NULL, NULL),
  (9, '1 day', NULL, NULL, NULL), (10, '-1 day +24:00:00', NULL, NULL, NULL);
CREATE TABLE texts (id integer PRIMARY KEY, a text, b varchar(10), c char(6), d "char", e name, f text COLLATE folded);
INSERT INTO texts VALUES
  (1, '', '', '', '', '', ''), (2, NULL, NULL, NULL, NULL, NULL, NULL), (3, E'\\.', E'\\.', E'\\.', '\', E'\\.', E'\\N'), (4, E'\\N', E'\\N', E'\\N', 'N', 'N', '\\'),
  (5, E'tab\tnewline\nreturn\rboth\r\nback\\slash\b\f\v\x01\x7f', E'\t\n\r\\', E'\n  ', E'\n', E'\t\n', E'\r'),
  (6, '🚢🐙𝒳 größe €ﬁ e' || U&'\0301' || ' ' || U&'\FEFF' || ' ' || U&'\202E', '🚢', '🚢', 'x', '🚢', 'ÉCOLE'), (7, ' spaces  ', '  ', '  x ', ' ', ' ', ' '),
  (8, E'\\x41', E'\\101', E'\\', E'\\', E'\\', E'\\\\'), (9, 'NULL', 'NULL', 'null', 'n', 'NULL', '"'), (10, E'\n\\.\n', '{}', '()', ',', '"', E'\\.\n'),
  (11, U&'\+10FFFF\0080\07FF\0800\FFFF\+010000', '''', '''''', '''', '''', 'a' || chr(1114111));
INSERT INTO texts (id, d) SELECT 300 + i, i::"char" FROM generate_series(-128, 127) i;
INSERT INTO texts (id, a) SELECT 1000 + i, repeat(chr(32 + i) || E'\\\n', i * 1000) FROM generate_series(1, 50) i;
INSERT INTO texts (id, a) SELECT 2000, string_agg(chr(i), '') FROM generate_series(1, 55295) i;
CREATE TABLE texts_without_key AS SELECT a, f, d FROM texts WHERE id < 1000 UNION ALL SELECT a, f, d FROM texts WHERE id < 10;
CREATE TABLE bytes (id integer PRIMARY KEY, a bytea, b bytea[]);
INSERT INTO bytes VALUES (1, '', '{}'), (2, NULL, NULL), (3, '\x00', '{"\\x00",NULL,""}'), (4, '\x5c', NULL), (5, '\x5c2e0a', NULL), (6, '\x0a', NULL),
  (7, decode((SELECT string_agg(lpad(to_hex(i), 2, '0'), '' ORDER BY i) FROM generate_series(0, 255) i), 'hex'), NULL);
INSERT INTO bytes (id, a) SELECT 10 + i, decode(repeat(lpad(to_hex(i), 2, '0'), 1 << i), 'hex') FROM generate_series(0, 20) i;
INSERT INTO bytes (id, a) SELECT 40, string_agg(decode(md5(i::text), 'hex'), '') FROM generate_series(1, 65536) i;
-- 64 MB
INSERT INTO bytes (id, a) SELECT 50, string_agg(a, '') FROM bytes, generate_series(1, 64) WHERE id = 40;
CREATE TABLE bits (id integer PRIMARY KEY, a bit(5), b varbit, c bit(1)[], d bit varying(3));
INSERT INTO bits VALUES (1, B'00000', B'', '{0,1}', B''), (2, B'11111', repeat('10', 5000)::varbit, NULL, B'101'), (3, NULL, X'FF00'::varbit, '{}', NULL);
CREATE TABLE jsons (id integer PRIMARY KEY, a json, b jsonb, c jsonpath, d json[]);
INSERT INTO jsons VALUES
  (1, ' {"b" : 1,  "b":2, "a" :{} } ', '{"b" : 1,  "b":2, "a" :{} }', '$.a[*] ? (@.b > 1 && exists (@."c d"))', '{"{\"a\": 1}",NULL}'),
  (2, '{"s":"\u0000"}', '{"s": "\\u0000"}', 'strict $', NULL), (3, '1e200000', '1e308', NULL, NULL), (4, 'null', 'null', NULL, NULL),
  (5, '"\ud83d\ude02 \u00e9 \/ \b"', '"\ud83d\ude02 \u00e9 \/ \b"', NULL, NULL), (6, E'[1.0,\n\t1.00, 1e0, -0, -0.0]', '[1.0, 1.00, 1e0, -0, -0.0]', NULL, NULL),
  (7, '{"\ud800": 1}', '{}', NULL, NULL), (8, '[]', '[]', NULL, NULL), (9, '""', '""', NULL, NULL),
  (10, '{"": {"": [[[[{}]]]]}}', '{"": {"": [[[[{}]]]]}}', NULL, NULL), (11, '"\\\\. \\n"', '"\\\\. \\n"', NULL, NULL), (12, NULL, NULL, NULL, NULL);
CREATE TABLE arrays (id integer PRIMARY KEY, a integer[], b text[], c mood[], d pair[], e code[], f citext[], g bytea[], h date[][], i list, j short[]);
INSERT INTO arrays VALUES
  (1, '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}', '{}'), (2, '[5:7]={1,NULL,3}', '{NULL,"NULL","null",""," ","{}"}', '{sad,"it''s ok","hap;py, \"very\"",🙂,""}',
   ARRAY[ROW(1, 'x,"y"'), ROW(NULL, ''), NULL]::pair[], '{a,b}', '{A,a}', '{"\\x00","\\x5c"}', '{{2024-01-01,infinity},{NULL,0044-03-15 BC}}', '{1,2}', '{abcde}'),
  (3, '[0:1][-2:-1]={{1,2},{3,4}}', E'{"a\\"b\\\\c","t\tn\n","\\\\.",","}', NULL, '{}', NULL, NULL, NULL, NULL, '[3:3]={9}', NULL),
  (4, '{{{1}},{{2}}}', '{{a},{b}}', '{NULL}', NULL, NULL, NULL, NULL, NULL, NULL, NULL), (5, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE composites (id integer PRIMARY KEY, a pair, b nest, c integers, d ext.hstore, e pair);
INSERT INTO composites VALUES
  (1, ROW(NULL, NULL), ROW(ROW(1, 'a"b\c'), '{sad,NULL}', NULL), ROW(1, 2, 3, 4, NULL, NULL, true, NULL, NULL, NULL, NULL), '"a"=>"b", "c"=>NULL, ""=>"", "d \"e\""=>"\\"', NULL),
  (2, NULL, NULL, NULL, '', ROW(1, '')), (3, ROW(1, E'\n\t\\.,()'), ROW(NULL, '{}', ''), NULL, 'x=>NULL', ROW(NULL, ' ')), (4, ROW(0, NULL), ROW(NULL, NULL, NULL), NULL, NULL, NULL);
CREATE TABLE domains (id integer PRIMARY KEY, a positive, b code, c mail, d short, e list);
INSERT INTO domains VALUES (1, 1, 'a', 'A@b', '', '{}'), (2, 2147483647, 'abcde', NULL, NULL, NULL);
CREATE TABLE ranges (id integer PRIMARY KEY, a int4range, b int8range, c numrange, d tsrange, e tstzrange, f daterange, g span, h int4multirange, i spans, j datemultirange,
  k int4range[]);
INSERT INTO ranges VALUES
  (1, 'empty', 'empty', 'empty', 'empty', 'empty', 'empty', 'empty', '{}', '{}', '{}', '{}'), (2, '(,)', '(,)', '(,)', '(,)', '(,)', '(,)', '(,)', '{(,)}', '{(,)}', '{(,)}', '{"[1,2)",empty,NULL}'),
  (3, '[1,5]', '(1,5)', '[1.0,1.00]', '[2024-01-01 00:00:00.5,infinity]', '(-infinity,2024-01-01 00:00+00)', '[2024-01-01,2024-01-31]', '[-0,NaN]', '{[1,3),[5,7)}', '{[1,2),(3,4]}',
   '{[2024-01-01,infinity)}', NULL), (4, '[,5)', '[5,)', '(NaN,]', '["0044-01-01 BC",]', NULL, '[-infinity,infinity]', '(1e-300,1e300)', '{(,1),[2,)}', NULL, NULL, NULL);
CREATE TABLE searches (id integer PRIMARY KEY, a tsvector, b tsquery, c ltree, d lquery, e ltxtquery, f ltree[]);
INSERT INTO searches VALUES
  (1, '''a b'':1A,2B ''it''''s'':3 ''\\back''', '''a b'' & (!c:*A <-> d) | e <3> f', 'Top.Science.Astronomy', '*.foo|bar@*.!x{1,3}', 'Europe & !Asia*@', '{a.b,c}'),
  (2, '', '', '', '*', 'a', '{}'), (3, to_tsvector('english', 'The quick brown foxes'), to_tsquery('english', 'foxes'), ('a_b.' || repeat('x', 200))::ltree, NULL, NULL, NULL);
CREATE TABLE networks (id integer PRIMARY KEY, a inet, b cidr, c macaddr, d macaddr8, e uuid);
INSERT INTO networks VALUES
  (1, '0.0.0.0/0', '0.0.0.0/0', '00:00:00:00:00:00', '00:00:00:00:00:00:00:00', '00000000-0000-0000-0000-000000000000'),
  (2, '::ffff:1.2.3.4/120', '2001:db8::/32', 'ff:ff:ff:ff:ff:ff', 'ff:ff:ff:ff:ff:ff:ff:ff', 'ffffffff-ffff-ffff-ffff-ffffffffffff'),
  (3, '192.168.1.5/24', '10.1.0.0/16', '08:00:2b:01:02:03', '08:00:2b:01:02:03:04:05', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'), (4, '::1', '::/0', NULL, NULL, NULL);
CREATE TABLE shapes (id integer PRIMARY KEY, a point, b line, c lseg, d box, e path, f polygon, g circle, h point[]);
INSERT INTO shapes VALUES
  (1, '(0,-0)', '{1,-1,0}', '[(0,0),(1,1)]', '(1,1),(0,0)', '[(0,0),(1,1)]', '((0,0),(1,1),(1,0))', '<(0,0),1>', '{"(1,2)",NULL}'),
  (2, '(NaN,Infinity)', '{0.1,0.3,1e300}', '[(1e-300,0.1),(2,3)]', '(Infinity,1),(-Infinity,-1)', '((0,0),(0.1,1))', '((0.1,0.2))', '<(0.1,0.2),0>', '{}'),
  (3, '(0.1,0.30000000000000004)', NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE boxes (id integer PRIMARY KEY, a box[], b polygon[]);
INSERT INTO boxes VALUES (1, '{(1,1),(0,0);(2,2),(1,1)}', '{"((0,0),(1,1))"}'), (2, '{}', NULL);
CREATE TABLE xmls (id integer PRIMARY KEY, a xml, b xml[]);
INSERT INTO xmls VALUES (1, '<a b="c">d &amp; é</a>', ARRAY['<a/>'::xml, NULL]), (2, 'just text', NULL), (3, '<a/><b/>', NULL), (4, '', NULL),
  (5, E'before <!-- c --> <a>\n\tx</a> \\. ', NULL), (6, '<?xml version="1.0" standalone="yes"?><r/>', NULL), (7, '<![CDATA[<&>]]>', NULL);
CREATE TABLE registered (id integer PRIMARY KEY, a regclass, b regtype, c regproc, d regprocedure, e regoper, f regoperator, g regnamespace, h regconfig, i regdictionary,
  j regcollation, k regrole, l regclass[]);
INSERT INTO registered VALUES
  (1, 'zoo.indexed', 'zoo.mood', 'zoo.twice', 'zoo.twice(integer)', 'zoo.===', 'zoo.===(integer,integer)', 'zoo', 'zoo.plain', 'simple', 'zoo.folded', 'pg_monitor', '{zoo.free,pg_class}'),
  (2, 'pg_class', 'integer[]', 'now', 'pg_catalog.now()', 'pg_catalog.||/', '+(integer,integer)', 'pg_catalog', 'english', 'english_stem', '"C"', '-', '{}'),
  (3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, NULL), (4, 4000000000, 4000000000, 4000000000, 4000000000, 4000000000, 4000000000, 4000000000, 4000000000, 4000000000, 4000000000, 4000000000, NULL),
  (5, '"Sales Dept; ""Q"" .dotted 🚢 ? :x %s {fn now()}"."A ""table"".with: ''all'' ? $1 %d 🐙\"', 'ext.citext', 'ext.akeys', NULL, NULL, NULL, '"ferry "', NULL, NULL, NULL, NULL, NULL),
  (6, 'zoo.summary', 'character varying', NULL, 'zoo.touch()', NULL, NULL, 'ext', NULL, NULL, 'pg_catalog."default"', NULL, NULL),
  (7, 'zoo.free', 'zoo.span', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE systems (id integer PRIMARY KEY, a pg_snapshot, b txid_snapshot, c int2vector, d oidvector, e refcursor, f citext);
INSERT INTO systems VALUES (1, '10:20:10,14,15', '10:20:10,14,15', '1 2 3', '1 2 3', 'cursor', 'CaSe'), (2, '1:1:', '1:1:', '', '', '', ''), (3, NULL, NULL, NULL, NULL, NULL, NULL);
CREATE TABLE links (id integer PRIMARY KEY, picture oid, file integer);
INSERT INTO links SELECT 1, lo_from_bytea(0, '\x0001'), 7;
