package dev.ferry.web;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AdminPasswordTest {
    @ParameterizedTest
    @ValueSource(strings = {"x", "${PATH}", "#{1+1}", "pässwörd 🐎", " ", "a:b", "%2B+"})
    void matchesItselfAndNothingElse(String text) {
        AdminPassword password = AdminPassword.of(text);

        assertThat(password.matches(text)).isTrue();
        assertThat(password.matches(text + " ")).isFalse();
        assertThat(password.matches("")).isFalse();
        assertThat(password.toString()).doesNotContain(text.strip().isEmpty() ? "\u0000" : text + "]");
    }

    @Test
    void takesAnyLength() {
        String text = "ü".repeat(100_000);

        assertThat(AdminPassword.of(text).matches(text)).isTrue();
        assertThat(AdminPassword.of(text).matches(text + "ü")).isFalse();
    }

    @Test
    void refusesToBeEmpty() {
        assertThatThrownBy(() -> AdminPassword.of("")).isInstanceOf(IllegalArgumentException.class);
    }

    /** Prints what a process with this variable thinks of the right password. */
    static final class Reader {
        public static void main(String[] arguments) {
            System.out.println(AdminPassword.fromEnvironment()
                    .map(password -> password.matches("p\u00e4ss${PATH}\ud83d\udc0e"))
                    .map(String::valueOf)
                    .orElse("none"));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"C", "C.UTF-8"})
    void isReadFromTheEnvironmentAsItsBytesWhateverTheLocale(String locale) throws Exception {
        Assumptions.assumeTrue(Files.exists(Path.of("/proc/self/environ")));

        String set = "PASSWORD=$(printf 'p\\303\\244ss${PATH}\\360\\237\\220\\216'); export PASSWORD; exec \"$@\"";
        assertThat(run(locale, set)).isEqualTo("true");
        assertThat(run(locale, "PASSWORD=other; export PASSWORD; exec \"$@\"")).isEqualTo("false");
        assertThat(run(locale, "PASSWORD=; export PASSWORD; exec \"$@\"")).isEqualTo("none");
        assertThat(run(locale, "unset PASSWORD; exec \"$@\"")).isEqualTo("none");
    }

    private static String run(String locale, String script) throws Exception {
        Path java = Path.of(System.getProperty("java.home"), "bin", "java");
        ProcessBuilder builder = new ProcessBuilder(
                "/bin/sh",
                "-c",
                script,
                "sh",
                java.toString(),
                "-cp",
                System.getProperty("java.class.path"),
                Reader.class.getName());
        builder.environment().put("LC_ALL", locale);
        Process process = builder.redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output.strip();
    }
}
