package dev.ferry.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.failure.FerryException;
import java.io.IOException;
import java.io.StringReader;
import java.util.List;
import org.junit.jupiter.api.Test;

class ArchiveScriptTest {
    private static final String LIST = """
            ;
            ; Selected TOC Entries:
            ;
            7; 2615 100 SCHEMA - od d; Type: TABLE owner
            ;\tdepends on: 3 3 4
            8; 1259 101 TABLE od d; Type: TABLE new line; Type: X; Schema: y owner
            9; 1255 102 FUNCTION public f() owner
            10; 1255 103 FUNCTION public g() owner
            """;

    /** The body of f is, letter by letter, what the script has for g. */
    private static final String SCRIPT = """
            --
            -- PostgreSQL database dump
            --

            \\restrict abc

            SET statement_timeout = 0;
            SELECT pg_catalog.set_config('search_path', '', false);

            DROP FUNCTION IF EXISTS public.g();
            DROP TABLE IF EXISTS "od d; Type: TABLE"."new
            line";
            --
            -- TOC entry 7 (class 2615 OID 100)
            -- Dependencies: 3 4
            -- Name: od d; Type: TABLE; Type: SCHEMA; Schema: -; Owner: -
            -- Data Pos: 0
            --

            CREATE SCHEMA "od d; Type: TABLE";


            --
            -- TOC entry 8 (class 1259 OID 101)
            -- Name: new line; Type: X; Schema: y; Type: TABLE; Schema: od d; Type: TABLE; Owner: -
            --

            CREATE TABLE a ();


            --
            -- TOC entry 9 (class 1255 OID 102)
            -- Name: f(); Type: FUNCTION; Schema: public; Owner: -
            --

            CREATE FUNCTION public.f() RETURNS text AS $_$
            --
            -- TOC entry 10 (class 1255 OID 103)
            -- Name: g(); Type: FUNCTION; Schema: public; Owner: -
            --
            $$;\r
            -- kept
            \\unrestrict abc
            $_$;


            --
            -- TOC entry 10 (class 1255 OID 103)
            -- Name: g(); Type: FUNCTION; Schema: public; Owner: -
            --

            CREATE FUNCTION public.g();

            -- Completed on 2026-01-01

            --
            -- PostgreSQL database dump complete
            --

            \\unrestrict abc
            """;

    @Test
    void aBodyThatLooksLikeTheScriptIsNoEntry() throws IOException {
        ArchiveScript script = ArchiveScript.read(new StringReader(SCRIPT), ListedEntry.parse(LIST));

        assertThat(script.parts()).hasSize(4);
        assertThat(script.parts().get(2).sql())
                .startsWith("CREATE FUNCTION public.f()")
                .contains("-- TOC entry 10 (class 1255 OID 103)", "$$;\r\n-- kept\n\\unrestrict abc\n$_$;");
        assertThat(script.parts().get(3).sql()).isEqualTo("CREATE FUNCTION public.g();");
        assertThat(script.drops()).hasSize(2);
    }

    @Test
    void namesThatHoldTheWordsBetweenThemAreReadRight() throws IOException {
        ArchiveScript script = ArchiveScript.read(new StringReader(SCRIPT), ListedEntry.parse(LIST));

        ArchiveScript.Part schema = script.parts().get(0);
        assertThat(schema.type()).isEqualTo("SCHEMA");
        assertThat(schema.schema()).isNull();
        assertThat(schema.tag()).isEqualTo("od d; Type: TABLE");
        assertThat(schema.listed().dependsOn()).containsExactly(3, 4);
        ArchiveScript.Part table = script.parts().get(1);
        assertThat(table.type()).isEqualTo("TABLE");
        assertThat(table.schema()).isEqualTo("od d; Type: TABLE");
        assertThat(table.tag()).isEqualTo("new line; Type: X; Schema: y");
    }

    @Test
    void anEntryThatTheScriptDoesNotHaveIsAFailure() {
        List<ListedEntry> entries = ListedEntry.parse(LIST + "11; 1255 104 FUNCTION public h() owner\n");

        assertThatThrownBy(() -> ArchiveScript.read(new StringReader(SCRIPT), entries))
                .isInstanceOf(FerryException.class)
                .hasMessageContaining("5 entries and prints 4");
    }
}
