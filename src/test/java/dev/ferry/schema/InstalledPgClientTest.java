package dev.ferry.schema;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.ferry.database.DatabaseUrl;
import dev.ferry.database.End;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InstalledPgClientTest {
    private static final DatabaseUrl SOURCE =
            DatabaseUrl.parse(End.SOURCE, "postgres://app:geh%20eim@db.example.org:5433/shop?sslmode=require");
    private static final Set<String> EXPECTED = Set.of(
            "PATH",
            "HOME",
            "LD_LIBRARY_PATH",
            "TMPDIR",
            "TZ",
            "SSL_CERT_FILE",
            "SSL_CERT_DIR",
            "LC_ALL",
            "PGHOST",
            "PGPORT",
            "PGUSER",
            "PGPASSWORD",
            "PGDATABASE",
            "PGSSLMODE",
            "PGSSLROOTCERT",
            "PGCONNECT_TIMEOUT",
            "PGAPPNAME",
            // what a shell adds
            "PWD",
            "OLDPWD",
            "SHLVL",
            "_");

    @TempDir
    Path folder;

    private Path install(String name, int version, String script) throws IOException {
        Path bin = Files.createDirectories(folder.resolve(name));
        for (String program : List.of("pg_dump", "pg_restore")) {
            Path file = bin.resolve(program);
            Files.writeString(file, """
                    #!/bin/sh
                    if [ "$1" = --version ]; then echo "%s (PostgreSQL) %d.3 (Odd 1)"; exit 0; fi
                    %s
                    """.formatted(program, version, script));
            Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
        return bin;
    }

    private static InstalledPgClient in(Path... folders) {
        return new InstalledPgClient(() -> List.of(folders));
    }

    private void dump(PgClient client) {
        client.dump(SOURCE, "ferry schema", List.of("--schema-only"), folder.resolve("archive"));
    }

    @Test
    void theNewestOfSeveralIsUsed() throws IOException {
        PgClient client = in(install("a", 15, ""), install("b", 18, ""), install("c", 17, ""), folder.resolve("none"));

        assertThat(client.majorVersion()).contains(18);
    }

    @Test
    void missingProgramsAreAClearFailure() {
        PgClient client = in(folder.resolve("none"));

        assertThat(client.majorVersion()).isEmpty();
        assertThatThrownBy(() -> dump(client)).isInstanceOfSatisfying(FerryException.class, failure -> {
            assertThat(failure.code()).isEqualTo(FailureCode.DUMP);
            assertThat(failure).hasMessageContaining("not installed");
            assertThat(failure.remedy()).contains("postgresql-client");
        });
    }

    @Test
    void aProgramThatIsTooOldIsToldFromOneThatFails() throws IOException {
        PgClient old = in(install("old", 15, """
                echo 'pg_dump: error: aborting because of server version mismatch' >&2
                echo 'pg_dump: detail: server version: 17.5; pg_dump version: 15.3' >&2
                exit 1
                """));
        assertThatThrownBy(() -> dump(old))
                .isInstanceOf(FerryException.class)
                .hasMessageContaining("pg_dump 15 is too old")
                .hasMessageContaining("server version: 17.5");

        PgClient failing = in(install("failing", 17, "echo \"pg_dump: error: no $PGPASSWORD here\" >&2; exit 3"));
        assertThatThrownBy(() -> dump(failing))
                .isInstanceOf(FerryException.class)
                .hasMessageContaining("exit code 3: pg_dump: error: no *** here")
                .hasMessageNotContaining("geh eim");
    }

    @Test
    void theProgramGetsItsConnectionAndNothingOfFerrys() throws IOException {
        Path environment = folder.resolve("environment");
        Path arguments = folder.resolve("arguments");
        PgClient client = in(install("a", 17, "env > " + environment + "; echo \"$@\" > " + arguments));

        dump(client);

        assertThat(Files.readAllLines(environment))
                .contains(
                        "PGPASSWORD=geh eim",
                        "PGHOST=db.example.org",
                        "PGPORT=5433",
                        "PGAPPNAME=ferry schema",
                        "LC_ALL=C")
                .allSatisfy(line -> assertThat(EXPECTED).contains(line.replaceAll("=.*", "")));
        assertThat(Files.readString(arguments))
                .contains("--schema-only", "--no-password")
                .doesNotContain("geh", "example.org");
    }

    @Test
    void anInterruptEndsTheProgram() throws IOException, InterruptedException {
        Path started = folder.resolve("started");
        PgClient client = in(install(
                "a",
                17,
                "echo $$ > new; mv new ready; exec sleep 600"
                        .replace("new", started + ".new")
                        .replace("ready", started.toString())));
        AtomicReference<Throwable> outcome = new AtomicReference<>();
        Thread thread = new Thread(() -> {
            try {
                dump(client);
            } catch (RuntimeException e) {
                outcome.set(e);
            }
        });
        thread.start();
        Awaitility.await().until(() -> Files.exists(started));
        long pid = Long.parseLong(Files.readString(started).strip());

        thread.interrupt();
        thread.join(10_000);

        assertThat(outcome.get()).isInstanceOf(CancellationException.class);
        assertThat(ProcessHandle.of(pid).filter(ProcessHandle::isAlive)).isEmpty();
    }
}
