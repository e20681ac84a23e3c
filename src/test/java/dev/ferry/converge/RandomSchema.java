package dev.ferry.converge;

import dev.ferry.converge.Relation.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Collectors;

/**
 * A few tables of random kinds: keys of many types, immediate, deferrable, nullable or none at all, further unique and
 * exclusion constraints, partitions, inheritance, foreign keys that cascade, triggers that change rows, and all of it
 * mixed. The same seed makes the same tables.
 */
final class RandomSchema {
    private final Random random;
    private final StringBuilder sql = new StringBuilder(Domain.PREPARED);
    private final List<Relation> relations = new ArrayList<>();
    /** A table that others may refer to, with the column that they do it by. */
    private final List<Relation> parents = new ArrayList<>();

    private RandomSchema(Random random) {
        this.random = random;
    }

    /** What to run, and what was made by it. */
    record Made(String sql, List<Relation> relations) {}

    static Made make(Random random) {
        RandomSchema schema = new RandomSchema(random);
        schema.sql.append("""
                CREATE FUNCTION touch() RETURNS trigger LANGUAGE plpgsql AS
                  'BEGIN NEW.n := (NEW.n + 1) % 1000; RETURN NEW; END';
                """);
        int tables = 3 + random.nextInt(4);
        for (int i = 0; i < tables; i++) {
            switch (random.nextInt(8)) {
                case 0, 1 -> schema.partitioned("t" + i);
                case 2 -> schema.inherited("t" + i);
                default -> schema.plain("t" + i);
            }
        }
        return new Made(schema.sql.toString(), schema.relations);
    }

    private boolean oneIn(int n) {
        return random.nextInt(n) == 0;
    }

    private <T> T any(List<T> choices) {
        return choices.get(random.nextInt(choices.size()));
    }

    private void plain(String name) {
        Domain domain = Domain.any(random);
        int values = domain.atMost(any(List.of(6, 15, 40, 150)));
        boolean second = oneIn(4);
        List<Column> columns = new ArrayList<>();
        List<String> declarations = new ArrayList<>();
        List<String> after = new ArrayList<>();
        String over = second ? "k, k2" : "k";
        String key = any(List.of(
                "PRIMARY",
                "PRIMARY",
                "PRIMARY",
                "DEFERRED",
                "IMMEDIATE",
                "UNIQUE",
                "NULLABLE",
                "NULLABLE",
                "NOT DISTINCT",
                "UNIQUE DEFERRED",
                "PARTIAL",
                "NONE"));
        boolean nullable = List.of("NULLABLE", "NOT DISTINCT", "UNIQUE DEFERRED", "PARTIAL", "NONE")
                .contains(key);
        columns.add(new Column("k", domain, nullable, true, values));
        declarations.add("k " + domain.type() + (nullable ? "" : " NOT NULL"));
        if (second) {
            Domain other = Domain.any(random);
            columns.add(new Column("k2", other, nullable, true, other.atMost(3)));
            declarations.add("k2 " + other.type() + (nullable ? "" : " NOT NULL"));
        }
        switch (key) {
            case "PRIMARY" -> declarations.add("PRIMARY KEY (" + over + ")");
            case "DEFERRED" -> declarations.add("PRIMARY KEY (" + over + ") DEFERRABLE INITIALLY DEFERRED");
            case "IMMEDIATE" -> declarations.add("PRIMARY KEY (" + over + ") DEFERRABLE INITIALLY IMMEDIATE");
            case "UNIQUE" -> after.add("CREATE UNIQUE INDEX ON %s (" + over + ")" + (second ? "" : " INCLUDE (n)"));
            case "NULLABLE" -> declarations.add("UNIQUE (" + over + ")");
            case "NOT DISTINCT" -> declarations.add("UNIQUE NULLS NOT DISTINCT (" + over + ")");
            case "UNIQUE DEFERRED" -> declarations.add("UNIQUE (" + over + ") DEFERRABLE INITIALLY DEFERRED");
            case "PARTIAL" -> after.add("CREATE UNIQUE INDEX ON %s (" + over + ") WHERE n % 2 = 0");
            case "NONE" -> {}
            default -> throw new IllegalStateException(key);
        }
        constraints(columns, declarations, after, values);
        payload(columns, declarations, after);
        if (!parents.isEmpty() && oneIn(3)) {
            Relation parent = any(parents);
            columns.add(new Column("parent", parent.key().domain(), true, false, parent.keys()));
            declarations.add("parent " + parent.key().domain().type() + " REFERENCES " + parent.root() + " ON DELETE "
                    + any(List.of("CASCADE", "SET NULL")) + " ON UPDATE CASCADE"
                    + (oneIn(3) ? " DEFERRABLE INITIALLY DEFERRED" : ""));
        }
        create(any(List.of("", "", "", "", "", "UNLOGGED ")), name, declarations, "");
        after.forEach(statement -> sql.append(statement.replace("%s", name)).append(";\n"));
        Relation relation = new Relation(List.of(name), columns, values);
        relations.add(relation);
        if (key.equals("PRIMARY") && !second && !sql.toString().contains("UNLOGGED TABLE " + name + " ")) {
            parents.add(relation);
        }
    }

    private void constraints(List<Column> columns, List<String> declarations, List<String> after, int values) {
        switch (random.nextInt(8)) {
            case 0, 1 -> {
                declarations.add("u int UNIQUE");
                columns.add(new Column("u", Domain.INT, true, true, values));
            }
            case 2 -> {
                declarations.add("u int UNIQUE DEFERRABLE INITIALLY DEFERRED");
                columns.add(new Column("u", Domain.INT, true, true, values));
            }
            case 3 -> {
                Domain domain = new Domain("text", i -> "'" + (i % 2 == 0 ? "u" : "U") + i / 2 + "'");
                declarations.add("u text");
                after.add("CREATE UNIQUE INDEX ON %s (lower(u))");
                columns.add(new Column("u", domain, true, true, values));
            }
            case 4 -> {
                Domain domain = new Domain("int4range", i -> "int4range(" + 3 * i + ", " + (3 * i + 4) + ")");
                declarations.add("u int4range, EXCLUDE USING gist (u WITH &&)");
                columns.add(new Column("u", domain, true, true, values));
            }
            case 5 -> {
                declarations.add("u int");
                after.add("CREATE UNIQUE INDEX ON %s (u) WHERE n < 500");
                columns.add(new Column("u", Domain.INT, true, true, values));
            }
            default -> {}
        }
    }

    private void payload(List<Column> columns, List<String> declarations, List<String> after) {
        declarations.add("n int NOT NULL DEFAULT 0");
        columns.add(new Column("n", Domain.INT, false, false, 1000));
        declarations.add("v text");
        columns.add(new Column("v", PAYLOAD, true, false, PAYLOADS));
        if (oneIn(5)) {
            declarations.add("gone int");
            after.add("ALTER TABLE %s DROP COLUMN gone");
        }
        if (oneIn(5)) {
            declarations.add("doubled int GENERATED ALWAYS AS (n * 2) STORED");
        }
        if (oneIn(6)) {
            declarations.add("id bigint GENERATED ALWAYS AS IDENTITY");
        }
        if (oneIn(5)) {
            after.add("CREATE TRIGGER touch BEFORE UPDATE ON %s FOR EACH ROW EXECUTE FUNCTION touch()");
        }
        if (oneIn(3)) {
            after.add("CREATE INDEX ON %s (n)");
        }
    }

    private static final int PAYLOADS = 100;

    /** Mostly wide, so that few rows are many blocks; now and then out of line. */
    private static final Domain PAYLOAD = new Domain("text", i -> switch (i % 20) {
        case 0 -> "''";
        case 1 -> "E'tab\\tline\\n\\\\.\\\\N'";
        case 2 -> "(SELECT string_agg(md5(j::text), '') FROM generate_series(1, 400) j)";
        default -> "repeat(md5('" + i + "'), " + (1 + i % 40) + ")";
    });

    private void create(String persistence, String name, List<String> declarations, String rest) {
        sql.append("CREATE ").append(persistence).append("TABLE ").append(name).append(" (\n  ");
        sql.append(String.join(",\n  ", declarations)).append(")").append(rest).append(";\n");
    }

    private void partitioned(String name) {
        int values = any(List.of(10, 30, 80));
        String method = any(List.of("LIST", "RANGE", "HASH"));
        Domain domain = Domain.any(random);
        int keys = domain.atMost(values);
        List<Column> columns = new ArrayList<>();
        List<String> declarations = new ArrayList<>();
        List<String> after = new ArrayList<>();
        String key = any(List.of("PRIMARY", "PRIMARY", "PRIMARY", "NONE", "LEAVES"));
        columns.add(new Column("k", domain, !key.equals("PRIMARY"), true, keys));
        declarations.add("k " + domain.type());
        columns.add(new Column("p", Domain.INT, false, true, 12));
        declarations.add("p int NOT NULL");
        if (key.equals("PRIMARY")) {
            declarations.add("PRIMARY KEY (k, p)");
        }
        payload(columns, declarations, after);
        create("", name, declarations, " PARTITION BY " + method + " (p)");
        List<String> names = new ArrayList<>(List.of(name));
        names.addAll(
                switch (method) {
                    case "LIST" ->
                        List.of(
                                leaf(name, "a", "FOR VALUES IN (0, 1, 2, 3)"),
                                subtree(name, "b", "FOR VALUES IN (4, 5, 6, 7)"),
                                leaf(name, "rest", "DEFAULT"));
                    case "RANGE" ->
                        List.of(
                                leaf(name, "a", "FOR VALUES FROM (MINVALUE) TO (5)"),
                                subtree(name, "b", "FOR VALUES FROM (5) TO (9)"),
                                leaf(name, "c", "FOR VALUES FROM (9) TO (11)"));
                    case "HASH" ->
                        List.of(
                                leaf(name, "a", "FOR VALUES WITH (MODULUS 3, REMAINDER 0)"),
                                leaf(name, "b", "FOR VALUES WITH (MODULUS 3, REMAINDER 1)"),
                                leaf(name, "c", "FOR VALUES WITH (MODULUS 3, REMAINDER 2)"));
                    default -> throw new IllegalStateException(method);
                });
        if (key.equals("LEAVES")) {
            sql.append("CREATE UNIQUE INDEX ON ").append(name).append("_a (k, p);\n");
        }
        after.forEach(statement -> sql.append(statement.replace("%s", name)).append(";\n"));
        relations.add(new Relation(names, columns, keys));
    }

    private String leaf(String parent, String suffix, String bounds) {
        sql.append("CREATE TABLE %1$s_%2$s PARTITION OF %1$s %3$s;\n".formatted(parent, suffix, bounds));
        return parent + "_" + suffix;
    }

    /** A leaf, or a partition that is divided once more. */
    private String subtree(String parent, String suffix, String bounds) {
        if (oneIn(2)) {
            return leaf(parent, suffix, bounds);
        }
        String name = leaf(parent, suffix, bounds + " PARTITION BY HASH (p)");
        leaf(name, "0", "FOR VALUES WITH (MODULUS 2, REMAINDER 0)");
        return leaf(name, "1", "FOR VALUES WITH (MODULUS 2, REMAINDER 1)");
    }

    private void inherited(String name) {
        Domain domain = Domain.any(random);
        int values = domain.atMost(20);
        List<Column> columns = new ArrayList<>();
        List<String> declarations = new ArrayList<>();
        List<String> after = new ArrayList<>();
        columns.add(new Column("k", domain, false, true, values));
        declarations.add("k " + domain.type() + " NOT NULL");
        constraints(columns, declarations, after, values);
        payload(columns, declarations, after);
        declarations.removeIf(declaration -> declaration.contains("IDENTITY"));
        create("", name, declarations, "");
        String child = name + "_child";
        sql.append("CREATE TABLE ")
                .append(child)
                .append(" () INHERITS (")
                .append(name)
                .append(");\n");
        for (String member : List.of(name, child)) {
            if (oneIn(4)) {
                continue; // without a key
            }
            sql.append("ALTER TABLE ").append(member).append(" ADD PRIMARY KEY (k);\n");
        }
        after.forEach(statement -> sql.append(statement.replace("%s", name)).append(";\n"));
        relations.add(new Relation(List.of(name, child), columns, values));
    }

    /** Fills each relation with about one row a key; what a constraint refuses is left out. */
    static String fill(List<Relation> relations, Random random) {
        StringBuilder text = new StringBuilder("DO $$ BEGIN SET CONSTRAINTS ALL IMMEDIATE;\n");
        for (Relation relation : relations) {
            for (int i = 0; i < relation.keys(); i++) {
                text.append("BEGIN ")
                        .append(insert(relation, relation.root(), random))
                        .append("; EXCEPTION WHEN integrity_constraint_violation THEN NULL; END;\n");
            }
        }
        return text.append("END $$").toString();
    }

    static String insert(Relation relation, String name, Random random) {
        return "INSERT INTO " + name + " ("
                + relation.columns().stream().map(Column::name).collect(Collectors.joining(", ")) + ") VALUES ("
                + relation.columns().stream()
                        .map(column -> column.value(random))
                        .collect(Collectors.joining(", "))
                + ")";
    }
}
