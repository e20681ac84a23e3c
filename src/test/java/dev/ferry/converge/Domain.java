package dev.ferry.converge;

import java.util.List;
import java.util.Random;
import java.util.function.IntFunction;

/**
 * A type with few values, numbered from 0, some of which its index takes for equal although their texts differ.
 *
 * @param literal a value as SQL, with its type
 */
record Domain(String type, IntFunction<String> literal) {
    private static final List<String> LABELS = List.of("a", "b", "c", "d", "e", "f", "g", "h");

    /** What the types below need. */
    static final String PREPARED = """
            CREATE TYPE letter AS ENUM ('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'spare');
            CREATE TYPE pair AS (a int, b text);
            CREATE DOMAIN small_number AS numeric CHECK (VALUE < 100000);
            CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
            """;

    static final Domain INT = of("int", i -> Integer.toString(i));
    static final Domain TEXT = of("text", i -> "k" + i);

    /** Types for keys and other unique values. */
    private static final List<Domain> UNIQUE = List.of(
            INT,
            INT,
            of("bigint", i -> i + "0000000000"),
            TEXT,
            of("text COLLATE \"C\"", i -> i % 2 == 0 ? "k" + i / 2 : "K" + i / 2),
            of("text COLLATE nocase", i -> i % 2 == 0 ? "k" + i / 2 : "K" + i / 2),
            of("varchar(20)", i -> "v'" + i + "\\"),
            of("char(6)", i -> "c" + i),
            of("uuid", i -> "00000000-0000-0000-0000-%012d".formatted(i)),
            of("numeric", i -> i / 2 + (i % 2 == 0 ? ".0" : ".00")),
            of("small_number", i -> i / 2 + (i % 2 == 0 ? "" : ".000")),
            of("double precision", i -> i == 0 ? "0" : i == 1 ? "-0" : i == 2 ? "NaN" : i + ".1"),
            of("date", i -> i == 0 ? "infinity" : "20%02d-02-28".formatted(i % 100)),
            of("timestamptz", i -> "1999-12-31 23:59:59.%06d+05:45".formatted(i)),
            of("interval", i -> i % 2 == 0 ? i / 2 + " mon" : i / 2 * 30 + " days"),
            of("bytea", i -> "\\x00%02x5c".formatted(i % 256)),
            of("inet", i -> "10.0." + i / 256 + "." + i % 256 + "/24"),
            of("int[]", i -> "{" + i + ",NULL}"),
            of("jsonb", i -> "{\"k\": " + i + (i % 2 == 0 ? "}" : ".0}")),
            of("pair", i -> "(" + i / 3 + ",\"x " + i % 3 + "\")"));

    static final Domain LETTER = of("letter", i -> i >= LABELS.size() ? "spare" : LABELS.get(i));

    private static Domain of(String type, IntFunction<String> text) {
        String cast = type.replaceAll(" COLLATE.*", "");
        return new Domain(type, i -> "'" + text.apply(i).replace("'", "''") + "'::" + cast);
    }

    /** As many values as are wanted, or as there are. */
    int atMost(int values) {
        return type.equals("letter") ? LABELS.size() : values;
    }

    static Domain any(Random random) {
        return random.nextInt(12) == 0 ? LETTER : UNIQUE.get(random.nextInt(UNIQUE.size()));
    }
}
