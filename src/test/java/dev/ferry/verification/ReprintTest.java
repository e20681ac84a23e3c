package dev.ferry.verification;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ReprintTest {
    @Test
    void castsEachElementInsteadOfTheArray() {
        assertThat(Reprint.withEachCast("CHECK (((s)::text = ANY ((ARRAY['a'::character varying, 'b''$1, '::character"
                        + " varying])::text[])))"))
                .isEqualTo("CHECK (((s)::text = ANY (ARRAY[('a'::character varying)::text, ('b''$1, '::character"
                        + " varying)::text])))");
    }

    @Test
    void leavesOtherArraysAsTheyAre() {
        String other = "CHECK ((c = ANY (ARRAY['a'::bpchar, 'b'::bpchar])) AND (s = (ARRAY[t, u])::text[]))";

        assertThat(Reprint.withEachCast(other)).isEqualTo(other);
    }
}
