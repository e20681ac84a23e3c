package dev.ferry.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SqlScannerTest {
    @Test
    void semicolonsSeparateStatementsOnlyOutsideOfEverything() {
        assertThat(SqlScanner.statements("""
                        SELECT 'a;b', "c;d", $$e;f$$, $x$ $$;$$ $y$; $x$, E'g\\';h', 'i'';j'; -- k;l
                        CREATE RULE r AS ON INSERT TO t DO (SELECT 1; SELECT 2); /* m; /* n; */ ; */ SELECT 3
                        """)).hasSize(3).last().asString().endsWith("SELECT 3");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT '",
                "SELECT E'\\'",
                "SELECT E'a''",
                "SELECT \"",
                "SELECT $$ $a$ ",
                "SELECT $a_1$ $$ $a$",
                "/* /* */",
            })
    void somethingIsOpen(String sql) {
        SqlScanner scanner = new SqlScanner();
        scanner.read(sql);
        assertThat(scanner.atTopLevel()).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "SELECT '\\'",
                "SELECT E'\\\\'",
                "SELECT a$b$ ",
                "SELECT $1",
                "SELECT 1 - -1 / 2 -- '",
                "SELECT $a$ $b$ ' $a$",
                "SELECT \"a\"\"b'\"",
                "SELECT the'x'",
                "SELECT e'\\'' || ' '",
            })
    void nothingIsOpen(String sql) {
        SqlScanner scanner = new SqlScanner();
        scanner.read(sql);
        assertThat(scanner.atTopLevel()).isTrue();
    }

    @Test
    void theStructureOfATextIsWhatIsOutsideOfQuotes() {
        assertThat(SqlScanner.structure("WHEN (a <> ' EXECUTE FUNCTION ferry.x()') EXECUTE FUNCTION \"b c\".d('e')"))
                .doesNotContain("ferry")
                .contains(" EXECUTE FUNCTION ");
    }
}
