package dev.ferry.zoo;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A type that a primary key can have, with six values that are no two equal. Each has a table of its own, whose rows the
 * script moves about: a key that changes, two keys that swap, one that is deleted and comes back.
 *
 * @param values literals without a type
 */
record KeyKind(String name, String type, List<String> values) {
    static final List<KeyKind> ALL = List.of(
            of("smallint", "smallint", "-32768", "0", "1", "2", "3", "32767"),
            of("integer", "integer", "-2147483648", "0", "1", "2", "3", "2147483647"),
            of("bigint", "bigint", "-9223372036854775808", "0", "1", "2", "3", "9223372036854775807"),
            of("boolean_array", "boolean[]", "{}", "{t}", "{f}", "{NULL}", "{t,f}", "[5:5]={t}"),
            of("oid", "oid", "0", "1", "2", "3", "4", "4294967295"),
            of("uuid", "uuid", uuid(0), uuid(1), uuid(2), uuid(3), uuid(4), uuid(5)),
            of("text", "text", "", " ", "\\.", "a\tb", "NULL", "🚢"),
            of("text_c", "text COLLATE \"C\"", "a", "A", "ä", "Z", "z", "\\N"),
            of("text_folded", "text COLLATE zoo.folded", "a", "B", "ä", "D", "e", "F"),
            of("varchar", "varchar(20)", "a", "A", "a ", "", "b", "\\"),
            of("char", "char(8)", "a", "A", "", "b  c", " d", "eeeeeeee"),
            of("one_char", "\"char\"", "", "a", "b", "\\\\", "c", " "),
            of("name", "name", "a", "A", "", "b", "c", "d"),
            of("citext", "ext.citext", "a@x", "B@x", "c@X", "d@x", "Ä@x", "f@x"),
            of("numeric", "numeric", "1.0", "1.10", "NaN", "Infinity", "-0.00", "1e-20"),
            of("numeric_scale", "numeric(20, 3)", "1.5", "1.501", "NaN", "-1", "0", "99999999999999999.999"),
            of("float8", "float8", "NaN", "-0", "Infinity", "1e-300", "0.1", "-Infinity"),
            of("float4", "float4", "NaN", "-0", "Infinity", "1e-30", "0.1", "-Infinity"),
            of("money", "money", "1.5", "0", "-1", "2", "3", "4"),
            of("date", "date", "2024-02-29", "infinity", "-infinity", "0044-03-15 BC", "5874897-12-31", "1970-01-01"),
            of(
                    "timestamp",
                    "timestamp",
                    "2024-02-29 12:00:00.5",
                    "infinity",
                    "-infinity",
                    "0044-03-15 BC",
                    "2000-01-01",
                    "1970-01-01"),
            of(
                    "timestamptz",
                    "timestamptz",
                    "2024-03-10 02:30 America/New_York",
                    "infinity",
                    "-infinity",
                    "0044-03-15 12:00+00 BC",
                    "2000-01-01 00:00+05:45",
                    "1970-01-01 00:00+00"),
            of("time", "time", "00:00", "24:00", "12:00", "12:00:00.000001", "13:00", "14:00"),
            of("timetz", "timetz", "00:00+00", "00:00+01", "24:00-01", "12:00+05:45", "13:00-03:30", "14:00+00"),
            of("interval", "interval", "1 mon", "31 days", "-1 day", "25:00:00", "0", "1 year -1 day"),
            of("bytea", "bytea", "\\x", "\\x00", "\\x5c", "\\x0a", "\\xff", "\\x5c2e"),
            of("bit", "bit(4)", "0000", "0001", "0010", "0100", "1000", "1111"),
            of("varbit", "varbit", "", "0", "00", "1", "10", "101"),
            of("inet", "inet", "1.2.3.4", "1.2.3.4/24", "::1", "0.0.0.0/0", "2001:db8::/32", "::ffff:1.2.3.4"),
            of("cidr", "cidr", "10.0.0.0/8", "10.0.0.0/16", "::/0", "0.0.0.0/0", "2001:db8::/32", "1.2.3.4/32"),
            of("macaddr", "macaddr", mac("00"), mac("01"), mac("02"), mac("03"), mac("04"), mac("ff")),
            of("enum", "zoo.mood", "sad", "it's ok", "hap;py, \"very\"", "🙂", "", "later"),
            of("domain", "zoo.positive", "1", "2", "3", "4", "5", "2147483647"),
            of("domain_of_domain", "zoo.code", "a", "b", "c", "A", "abcde", " "),
            of("domain_citext", "zoo.mail", "a@x", "B@x", "c@X", "d@x", "e@x", "@"),
            of("domain_array", "zoo.list", "{}", "{1}", "{NULL}", "[2:2]={1}", "{1,2}", "{{1}}"),
            of("array", "text[]", "{}", "{NULL}", "{\"NULL\"}", "{\"\"}", "{a,\"b\\\"\"}", "[0:0]={a}"),
            of("array_enum", "zoo.mood[]", "{}", "{sad}", "{NULL}", "{\"\"}", "{sad,sad}", "[0:0]={sad}"),
            of("array_citext", "ext.citext[]", "{}", "{a}", "{NULL}", "{B}", "{a,B}", "[0:0]={a}"),
            of("composite", "zoo.pair", "(1,x)", "(1,)", "(,)", "(,\"\")", "(2,\"a\"\"b\")", "(3,\"\\\\,\")"),
            of(
                    "composite_deep",
                    "zoo.nest",
                    "(\"(1,x)\",{sad},)",
                    "(,,)",
                    "(,{},)",
                    "(,,\"\")",
                    "(\"(,)\",,x)",
                    "(,{NULL},y)"),
            of("range", "int4range", "[1,5)", "empty", "(,)", "[1,)", "(,5)", "[2,3)"),
            of("range_own", "zoo.span", "[1,5)", "empty", "(,)", "[1,NaN]", "[-0,0]", "(2,3)"),
            of("multirange", "int4multirange", "{}", "{[1,5)}", "{(,)}", "{[1,2),[3,4)}", "{[1,)}", "{(,5)}"),
            of("jsonb", "jsonb", "{}", "null", "[1.0]", "{\"a\": null}", "\"\"", "1.5"),
            of("tsvector", "tsvector", "", "a", "a:1", "b:2A", "'a b'", "''''"),
            of("pg_lsn", "pg_lsn", "0/0", "0/1", "0/2", "0/3", "1/0", "FFFFFFFF/FFFFFFFF"),
            of("xid8", "xid8", "0", "1", "2", "3", "4", "18446744073709551615"),
            of("tid", "tid", "(0,0)", "(0,1)", "(0,2)", "(1,0)", "(1,1)", "(4294967295,65535)"),
            of("regclass", "regclass", "pg_class", "zoo.free", "0", "zoo.keyless", "zoo.indexed", "pg_type"),
            of("ltree", "ext.ltree", "", "a", "a.b", "A", "a.b.c", "b"),
            of("hstore", "ext.hstore", "", "a=>b", "a=>NULL", "\"a\"=>\"\"", "a=>b, c=>d", "\"=>\"=>\"\\\"\""));

    private static KeyKind of(String name, String type, String... values) {
        return new KeyKind(name, type, List.of(values));
    }

    private static String uuid(int last) {
        return "00000000-0000-0000-0000-00000000000" + last;
    }

    private static String mac(String last) {
        return "08:00:2b:01:02:" + last;
    }

    private String table() {
        return "keys.by_" + name;
    }

    private String value(int number) {
        String type = this.type.replaceAll(" COLLATE .*", "");
        return "'" + values.get(number - 1).replace("'", "''") + "'::" + type;
    }

    /** With the first four values. */
    String creation() {
        return "CREATE TABLE %s (v integer NOT NULL, k %s PRIMARY KEY, note text);%n".formatted(table(), type)
                + IntStream.rangeClosed(1, 4)
                        .mapToObj(i -> "INSERT INTO %s VALUES (%d, %s);".formatted(table(), i, value(i)))
                        .collect(Collectors.joining("\n"));
    }

    /** Each line a transaction. Afterwards there are the same keys again, in other rows. */
    List<String> moves(int pass) {
        return List.of(
                statement("UPDATE %t SET note = 'pass %p' WHERE v = 1", pass),
                statement("UPDATE %t SET k = %5 WHERE v = 2; INSERT INTO %t VALUES (5, %2, '%p')", pass),
                statement(
                        "BEGIN; UPDATE %t SET k = %6 WHERE v = 3; UPDATE %t SET k = %3 WHERE v = 4;"
                                + " UPDATE %t SET k = %4 WHERE v = 3; COMMIT",
                        pass),
                statement("DELETE FROM %t WHERE v = 1", pass),
                statement(
                        "BEGIN; INSERT INTO %t VALUES (1, %1, 'again %p'); DELETE FROM %t WHERE v = 2;"
                                + " UPDATE %t SET v = 2 WHERE v = 5; COMMIT",
                        pass));
    }

    private String statement(String template, int pass) {
        String sql = template.replace("%t", table()).replace("%p", Integer.toString(pass));
        for (int i = 1; i <= values.size(); i++) {
            sql = sql.replace("%" + i, value(i));
        }
        return sql;
    }
}
