package dev.ferry.schema;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Session;
import org.junit.jupiter.api.Test;

class ServerSideScriptIT {
    private static void run(SchemaEnds ends, String sql) {
        try (Session session = ends.target.open()) {
            session.execute(ServerSideScript.of(sql));
        }
    }

    @Test
    void whatTheDriverWouldChangeOrCutArrivesWhole() {
        try (SchemaEnds ends = SchemaEnds.with(15)) {
            run(ends, """
                    SELECT 1;
                    CREATE FUNCTION f(i integer) RETURNS integer LANGUAGE sql
                    BEGIN ATOMIC SELECT CASE WHEN i > 1 THEN 2 END AS "end;"; SELECT 3; END;
                    COMMENT ON FUNCTION f IS E'it\\'s; ''so''';
                    CREATE OPERATOR ?? (LEFTARG = integer, RIGHTARG = integer, FUNCTION = int4pl);
                    CREATE TABLE t (a integer DEFAULT 1 ?? 2, b text DEFAULT '$ferry_run$ {d ''2020-01-01''} $1 ?');
                    CREATE FUNCTION g() RETURNS text LANGUAGE sql AS $ferry_sql$ SELECT ';' || $$;$$ $ferry_sql$;
                    INSERT INTO t DEFAULT VALUES
                    """);

            assertThat(ends.planetScale.value("SELECT obj_description('f(integer)'::regprocedure)"))
                    .isEqualTo("it's; 'so'");
            assertThat(ends.planetScale.value("SELECT f(1)::text")).isEqualTo("3");
            assertThat(ends.planetScale.value("SELECT oprname FROM pg_operator ORDER BY oid DESC LIMIT 1"))
                    .isEqualTo("??");
            assertThat(ends.planetScale.value("SELECT a || b FROM t")).isEqualTo("3$ferry_run$ {d '2020-01-01'} $1 ?");
            assertThat(ends.planetScale.value("SELECT g()")).isEqualTo(";;");
        }
    }
}
