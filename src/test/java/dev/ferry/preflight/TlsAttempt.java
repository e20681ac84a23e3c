package dev.ferry.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.database.Database;
import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.failure.FerryException;
import dev.ferry.schema.PgClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * One URL tried as the product does, by the driver and by pg_dump.
 *
 * @param driver what the preflight says of the end: title, detail and remedy in one text
 * @param dump empty when pg_dump came through, else message and remedy
 */
record TlsAttempt(String driver, String dump) {
    /** Before each line of the result, for there are log lines too. */
    static final String MARK = "attempt: ";

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /** @param applicationName of pg_dump's connection, to be found in the server's log */
    static TlsAttempt at(String url, String applicationName) {
        return new TlsAttempt(driver(url), dump(url, applicationName));
    }

    static String driver(String url) {
        DatabaseUrl source = DatabaseUrl.parse(End.SOURCE, url);
        try (Database database = new Database(source, "ferry test", 2, PATIENCE)) {
            Approach approach = new Approach(End.SOURCE, () -> database, PATIENCE);
            approach.go();
            Optional.ofNullable(approach.open()).ifPresent(OpenEnd::close);
            Finding finding = approach.finding();
            return String.join(" | ", finding.title(), finding.detail(), finding.remedy());
        }
    }

    /** In a process of its own: a URL a line on the input, driver and dump each a line on the output. */
    public static void main(String[] arguments) throws IOException {
        BufferedReader urls = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String url = urls.readLine(); url != null; url = urls.readLine()) {
            TlsAttempt attempt = at(url, "ferry tls child");
            System.out.println(MARK + attempt.driver);
            System.out.println(MARK + attempt.dump);
        }
    }

    private static String dump(String url, String applicationName) {
        try {
            Path archive = Files.createTempFile("ferry-tls", ".dump");
            try {
                PgClient.installed()
                        .dump(
                                DatabaseUrl.parse(End.SOURCE, url),
                                applicationName,
                                List.of("--schema-only", "--format=custom"),
                                archive);
                assertThat(archive).isNotEmptyFile();
                return "";
            } catch (FerryException e) {
                return (e.getMessage() + " | " + e.remedy()).replace("\n", " ");
            } finally {
                Files.deleteIfExists(archive);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
