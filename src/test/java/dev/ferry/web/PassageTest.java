package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PassageTest {
    @Test
    void proseStaysProse() {
        assertThat(Passage.split("Select another plan, or leave the table out."))
                .containsExactly(new Passage(false, "Select another plan, or leave the table out."));
        assertThat(Passage.split("")).isEmpty();
    }

    @Test
    void statementsBetweenProseAreCode() {
        assertThat(Passage.split("As the owner:\nGRANT a TO b;\nGRANT c\n  TO d;\nThen check again."))
                .containsExactly(
                        new Passage(false, "As the owner:"),
                        new Passage(true, "GRANT a TO b;\nGRANT c\n  TO d;"),
                        new Passage(false, "Then check again."));
    }

    @Test
    void aStatementAtTheEndOfASentenceIsCode() {
        assertThat(Passage.split("Drop it: DROP TABLE \"a: b\"; and look again."))
                .containsExactly(
                        new Passage(false, "Drop it:"),
                        new Passage(true, "DROP TABLE \"a: b\";"),
                        new Passage(false, "and look again."));
    }

    @Test
    void aSentenceBetweenTwoStatementsIsNoCode() {
        assertThat(Passage.split("Rename it: ALTER TABLE a RENAME TO b; or, if nobody needs it: DROP TABLE a;"))
                .containsExactly(
                        new Passage(false, "Rename it:"),
                        new Passage(true, "ALTER TABLE a RENAME TO b;"),
                        new Passage(false, "or, if nobody needs it:"),
                        new Passage(true, "DROP TABLE a;"));
    }
}
