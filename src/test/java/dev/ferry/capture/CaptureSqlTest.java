package dev.ferry.capture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Column;
import dev.ferry.database.Key;
import dev.ferry.database.Table;
import dev.ferry.database.TableName;
import dev.ferry.database.TrackedTable;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CaptureSqlTest {
    private static TrackedTable table(TableName name, @Nullable Key key, boolean member) {
        return new TrackedTable(
                12, new Table(4711, name, List.of(new Column("id", "integer", false)), key, member, 1, 1, 8192, 10));
    }

    private static Key key(String column, String logType, String type, boolean nullable) {
        return new Key(List.of(new Key.KeyColumn(column, logType, type, "", "OPERATOR(pg_catalog.=)")), nullable);
    }

    private static String install(String column) {
        return CaptureSql.install(
                table(new TableName("public", "t"), key(column, "integer", "integer", false), false), true);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "id",
                "found",
                "k1",
                "new",
                "old",
                "unreadable",
                "${new}",
                "${",
                "a}b",
                "it's",
                "$1",
                "a b",
                "größe"
            })
    void aKeyColumnIsReadAsAQuotedFieldWhateverItIsCalled(String column) {
        assertThat(install(column))
                .contains("ferry.new_k1 := NEW.\"" + column + "\";")
                .contains("ferry.old_k1 := OLD.\"" + column + "\";");
    }

    @Test
    void aQuoteInAColumnsNameIsDoubled() {
        assertThat(install("a\"; DROP TABLE t; --")).contains("NEW.\"a\"\"; DROP TABLE t; --\";");
    }

    @Test
    void namesOfTablesAreQuotedAndLiteralsEscaped() {
        assertThat(CaptureSql.install(
                        table(new TableName("My \"S\"", "it's \\ a"), key("id", "integer", "integer", false), false),
                        true))
                .contains("ON \"My \"\"S\"\"\".\"it's \\ a\" FOR EACH ROW")
                .contains("VALUES (12, 4711, 'My \"S\"',  E'it''s \\\\ a');");
    }

    @Test
    void everyPlaceholderIsFilled() {
        assertThat(install("id")).doesNotContain("${");
    }

    @Test
    void aKeyOfTheAppsOwnTypeIsLoggedAsText() {
        String sql = CaptureSql.install(
                table(new TableName("public", "t"), key("mood", "text", "public.mood", false), false), true);
        assertThat(sql)
                .contains("CREATE TABLE ferry.delta_12 (k1 text);")
                .contains("NEW.\"mood\"::text;")
                .doesNotContain("public.mood");
    }

    @Test
    void aNullInTheKeyIsAskedForWhereTheKeyAllowsOne() {
        TableName name = new TableName("public", "t");
        assertThat(CaptureSql.install(table(name, key("id", "integer", "integer", true), false), true))
                .contains("ferry.old_k1 IS NULL")
                .contains("ferry.new_k1 IS NULL");
        assertThat(install("id")).doesNotContain("IS NULL");
    }

    @ParameterizedTest(name = "with a key: {0}, member of a tree: {1}")
    @CsvSource({"true, false, ROW", "true, true, ROW", "false, true, ROW", "false, false, STATEMENT"})
    void rowTriggersButForAKeylessTableThatIsNamedByItsStatements(boolean keyed, boolean member, String each) {
        Key key = keyed ? key("id", "integer", "integer", false) : null;
        assertThat(CaptureSql.install(table(new TableName("public", "t"), key, member), true))
                .contains("AFTER INSERT OR UPDATE OR DELETE ON \"public\".\"t\" FOR EACH " + each)
                .contains("AFTER TRUNCATE ON \"public\".\"t\" FOR EACH STATEMENT");
    }

    @Test
    void theTablesTriggersAreAlwaysEnabledOrWaitForTheSwitch() {
        TableName name = new TableName("public", "t");
        assertThat(CaptureSql.install(table(name, key("id", "integer", "integer", false), false), true))
                .contains("ALTER TABLE ONLY \"public\".\"t\" ENABLE ALWAYS TRIGGER ferry_capture;")
                .contains("ALTER TABLE ONLY \"public\".\"t\" ENABLE ALWAYS TRIGGER ferry_truncate;");
        assertThat(CaptureSql.install(table(name, key("id", "integer", "integer", false), false), false))
                .contains("DISABLE TRIGGER ferry_capture;")
                .contains("DISABLE TRIGGER ferry_truncate;");
    }

    @Test
    void onlyTheLastStatementsTouchTheAppsTable() {
        String sql = install("id");
        int firstLock = sql.indexOf("CREATE TRIGGER");
        assertThat(sql.substring(0, firstLock)).doesNotContain("\"public\".\"t\"");
        assertThat(sql.indexOf("CREATE FUNCTION", firstLock)).isNegative();
    }
}
