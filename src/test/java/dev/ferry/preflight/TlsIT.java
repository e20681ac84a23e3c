package dev.ferry.preflight;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestCertificates;
import dev.ferry.testing.TestCertificates.Shown;
import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What each URL proves about the server, for the driver and for pg_dump, against a real server with certificates of the
 * test's own. Whether pg_dump's connection was encrypted stands in the server's log.
 */
class TlsIT {
    private static final AtomicInteger SEQUENCE = new AtomicInteger();
    private static final String TLS = "TLS";
    private static final String PLAIN = "plain";

    @TempDir
    private static Path folder;

    private static TestCertificates certificates;
    private static PostgresServer server;
    private static TestDatabase database;

    /** Nothing while TLS is off. */
    private static Optional<Shown> showing = Optional.empty();

    @BeforeAll
    static void startAServerThatAsksForPasswords() throws IOException {
        certificates = TestCertificates.in(folder);
        Files.writeString(folder.resolve("garbage"), "no certificate");
        server = PostgresServer.start(
                15,
                Map.of(
                        "logging_collector", "on",
                        "log_directory", folder.toString(),
                        "log_filename", "server.log",
                        "log_connections", "on"));
        server.requirePasswords();
        database = server.herokuDatabase();
    }

    @AfterAll
    static void stopIt() throws IOException {
        server.close();
    }

    private static void show(Shown shown) {
        if (!Optional.of(shown).equals(showing)) {
            server.configure(settings(shown));
            showing = Optional.of(shown);
        }
    }

    private static Map<String, String> settings(Shown shown) {
        return Map.of(
                "ssl", "on",
                "ssl_cert_file", certificates.certificate(shown).toString(),
                "ssl_key_file", certificates.key(shown).toString());
    }

    private static void showNone() {
        if (showing.isPresent()) {
            server.configure(Map.of("ssl", "off"));
            showing = Optional.empty();
        }
    }

    /** A query with the names of files in place of words in capitals. */
    private static String url(String query) {
        return database.url() + "?"
                + query.replace("AUTHORITY", certificates.authority().toString())
                        .replace("STRANGER", certificates.stranger().toString())
                        .replace(
                                "THIS",
                                certificates.certificate(Shown.SELF_SIGNED).toString())
                        .replace("GARBAGE", folder.resolve("garbage").toString());
    }

    /** TLS or plain, or what stood against it. */
    private static String outcome(String driver) {
        if (!driver.startsWith("The source is reachable | ")) {
            return driver;
        }
        return driver.contains(", no TLS, ") ? PLAIN : driver.contains(", TLSv1.") ? TLS : driver;
    }

    private static String dumped(TlsAttempt attempt, String applicationName) {
        if (!attempt.dump().isEmpty()) {
            return attempt.dump();
        }
        String logged = Awaitility.await("the connection is logged")
                .until(() -> authorized(applicationName), Optional::isPresent)
                .orElseThrow();
        return logged.contains("SSL enabled (protocol=TLS") ? TLS : PLAIN;
    }

    private static Optional<String> authorized(String applicationName) {
        try (var lines = Files.lines(folder.resolve("server.log"))) {
            return lines.filter(line -> line.contains("connection authorized"))
                    .filter(line -> (line + " ").contains(" application_name=" + applicationName + " "))
                    .findFirst();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static TlsAttempt attempt(String query, String applicationName) {
        TlsAttempt attempt = TlsAttempt.at(url(query), applicationName);
        assertThat(attempt.driver() + attempt.dump())
                .doesNotContain(database.password())
                .doesNotContain("Exception", "PKIX", "hostnameverifier", "\n");
        return attempt;
    }

    private static void comesThrough(String query, String expected) {
        String name = "ferry_tls_" + SEQUENCE.incrementAndGet();
        TlsAttempt attempt = attempt(query, name);

        assertThat(outcome(attempt.driver())).as("the driver").isEqualTo(expected);
        assertThat(dumped(attempt, name)).as("pg_dump").isEqualTo(expected);
    }

    private static void isRefused(String query, String byDriver, String remedy, String byDump) {
        TlsAttempt attempt = attempt(query, "ferry_tls_refused");

        assertThat(attempt.driver())
                .startsWith("The source could not be reached over TLS | localhost (port " + server.port() + "): ")
                .contains(byDriver)
                .contains("HEROKU_URL", remedy);
        assertThat(attempt.dump())
                .startsWith("pg_dump ")
                .contains(" could not reach the source over TLS: ")
                .contains(byDump)
                .contains("HEROKU_URL");
    }

    @ParameterizedTest
    @CsvSource({
        "'', plain", // prefer: localhost is private
        "sslmode=prefer, plain",
        "sslmode=allow, plain",
        "sslmode=disable, plain",
        "sslmode=prefer&sslrootcert=STRANGER, plain",
    })
    void aServerWithoutTlsIsReachedWhereTlsIsNoMust(String query, String expected) {
        showNone();
        comesThrough(query, expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sslmode=require",
                "sslmode=require&channel_binding=require",
                "sslmode=verify-ca&sslrootcert=AUTHORITY",
                "sslmode=verify-full&sslrootcert=AUTHORITY",
                "sslmode=verify-full&sslrootcert=system",
                "sslrootcert=AUTHORITY",
            })
    void aServerWithoutTlsIsRefusedWhereTlsIsAMust(String query) {
        showNone();
        isRefused(query, "the server offers no TLS", "sslmode=disable", "server does not support SSL");
    }

    @ParameterizedTest
    @CsvSource({
        "RIGHT, '', TLS",
        "RIGHT, sslmode=disable, plain",
        "RIGHT, sslmode=allow, plain",
        "RIGHT, sslmode=prefer, TLS",
        "RIGHT, sslmode=prefer&sslrootcert=STRANGER, TLS",
        "RIGHT, sslmode=require, TLS",
        "RIGHT, sslmode=require&channel_binding=require, TLS",
        "RIGHT, sslmode=require&channel_binding=disable, TLS",
        "RIGHT, sslmode=require&sslrootcert=AUTHORITY, TLS",
        "RIGHT, sslmode=verify-ca&sslrootcert=AUTHORITY, TLS",
        "RIGHT, sslmode=verify-full&sslrootcert=AUTHORITY, TLS",
        "RIGHT, sslmode=verify-full&sslrootcert=AUTHORITY&channel_binding=require, TLS",
        "RIGHT, sslrootcert=AUTHORITY, TLS",
        "OF_ANOTHER_HOST, sslmode=require, TLS",
        "OF_ANOTHER_HOST, sslmode=require&sslrootcert=AUTHORITY, TLS",
        "OF_ANOTHER_HOST, sslmode=verify-ca&sslrootcert=AUTHORITY, TLS",
        "EXPIRED, sslmode=require, TLS",
        "SELF_SIGNED, '', TLS",
        "SELF_SIGNED, sslmode=require, TLS",
        "SELF_SIGNED, sslmode=verify-full&sslrootcert=THIS, TLS",
    })
    void aCertificateThatSatisfiesTheUrlIsAccepted(Shown shown, String query, String expected) {
        show(shown);
        comesThrough(query, expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "RIGHT | sslmode=verify-full&sslrootcert=STRANGER | signed by no authority that is trusted | sslmode=require | certificate verify failed",
                "RIGHT | sslmode=verify-ca&sslrootcert=STRANGER | signed by no authority that is trusted | sslmode=require | certificate verify failed",
                "RIGHT | sslmode=require&sslrootcert=STRANGER | signed by no authority that is trusted | sslmode=require | certificate verify failed",
                "RIGHT | sslrootcert=STRANGER | signed by no authority that is trusted | sslmode=require | certificate verify failed",
                "RIGHT | sslmode=verify-full&sslrootcert=system | signed by no authority that is trusted | among the public ones | certificate verify failed",
                "RIGHT | sslmode=verify-full | signed by no authority that is trusted | among the public ones | certificate verify failed",
                "RIGHT | sslmode=verify-ca | signed by no authority that is trusted | among the public ones | certificate verify failed",
                "RIGHT | sslmode=verify-full&sslrootcert=/nowhere/ca.pem | no certificate of an authority to read | PEM file | \"/nowhere/ca.pem\" does not exist",
                "RIGHT | sslmode=verify-full&sslrootcert=GARBAGE | no certificate of an authority to read | PEM file | could not read root certificate file",
                "OF_ANOTHER_HOST | sslmode=verify-full&sslrootcert=AUTHORITY | made for another host name | host name for which it was made | does not match host name",
                "OF_ANOTHER_HOST | sslmode=verify-ca&sslrootcert=STRANGER | signed by no authority that is trusted | sslmode=require | certificate verify failed",
                "EXPIRED | sslmode=verify-full&sslrootcert=AUTHORITY | out of date | renewed | certificate verify failed",
                "EXPIRED | sslmode=verify-ca&sslrootcert=AUTHORITY | out of date | renewed | certificate verify failed",
                "SELF_SIGNED | sslmode=verify-full&sslrootcert=AUTHORITY | signed by no authority that is trusted | signed by nobody | certificate verify failed",
                "SELF_SIGNED | sslmode=verify-ca&sslrootcert=AUTHORITY | signed by no authority that is trusted | signed by nobody | certificate verify failed",
                "SELF_SIGNED | sslmode=verify-full&sslrootcert=system | signed by no authority that is trusted | signed by nobody | certificate verify failed",
            })
    void aCertificateThatDoesNotSatisfyTheUrlIsRefused(
            Shown shown, String query, String byDriver, String remedy, String byDump) {
        show(shown);
        isRefused(query, byDriver, remedy, byDump);
    }

    @Test
    void channelBindingIsRefusedWithoutTls() {
        show(Shown.RIGHT);
        TlsAttempt attempt = attempt("sslmode=disable&channel_binding=require", "ferry_tls_refused");

        assertThat(attempt.driver())
                .startsWith("The source asks for another way to log in | ")
                .contains("channel_binding");
        assertThat(attempt.dump()).contains("channel binding required", "HEROKU_URL");
    }

    // ---- the system's authorities, in a process of its own

    /** The authority of the test is the only one that this process knows; a stranger's file lies in its home. */
    private static List<TlsAttempt> elsewhere(List<String> queries) throws Exception {
        Path home = Files.createDirectories(folder.resolve("home"));
        Files.createDirectories(home.resolve(".postgresql"));
        Files.copy(
                certificates.stranger(),
                home.resolve(".postgresql").resolve("root.crt"),
                java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        Path input = Files.write(
                folder.resolve("urls"), queries.stream().map(TlsIT::url).toList());
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djavax.net.ssl.trustStore=" + certificates.trustStore(),
                "-Djavax.net.ssl.trustStorePassword=" + certificates.trustStorePassword(),
                "-Duser.home=" + home,
                "-cp",
                System.getProperty("java.class.path"),
                TlsAttempt.class.getName());
        builder.environment().put("SSL_CERT_FILE", certificates.authority().toString());
        builder.environment().put("HOME", home.toString());
        builder.redirectInput(input.toFile()).redirectErrorStream(true);
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        List<String> lines = output.lines()
                .filter(line -> line.startsWith(TlsAttempt.MARK))
                .map(line -> line.substring(TlsAttempt.MARK.length()))
                .toList();
        assertThat(lines).as(output).hasSize(2 * queries.size());
        List<TlsAttempt> attempts = new ArrayList<>();
        for (int i = 0; i < lines.size(); i += 2) {
            attempts.add(new TlsAttempt(lines.get(i), lines.get(i + 1)));
        }
        return attempts;
    }

    private static void elsewhere(Map<String, String> expected) throws Exception {
        List<String> queries = List.copyOf(expected.keySet());
        List<TlsAttempt> attempts = elsewhere(queries);
        Map<String, String> driver = new LinkedHashMap<>();
        Map<String, String> dump = new LinkedHashMap<>();
        for (int i = 0; i < queries.size(); i++) {
            TlsAttempt attempt = attempts.get(i);
            String outcome = outcome(attempt.driver());
            driver.put(
                    queries.get(i),
                    outcome.contains("made for another host name")
                            ? "other host"
                            : outcome.contains("signed by no authority") ? "not trusted" : outcome);
            dump.put(
                    queries.get(i),
                    attempt.dump().contains("does not match host name")
                            ? "other host"
                            : attempt.dump().contains("certificate verify failed")
                                    ? "not trusted"
                                    : attempt.dump().isEmpty() ? TLS : attempt.dump());
        }
        assertThat(driver).as("the driver").isEqualTo(expected);
        assertThat(dump).as("pg_dump").isEqualTo(expected);
    }

    @Test
    void theSystemsAuthoritiesVouchForTheRightHostAndAFileInTheHomeFolderPlaysNoPart() throws Exception {
        show(Shown.RIGHT);
        elsewhere(Map.of(
                "sslmode=verify-full&sslrootcert=system", TLS,
                "sslrootcert=system&channel_binding=require", TLS,
                "sslmode=verify-full", TLS,
                "sslmode=verify-full&sslrootcert=STRANGER", "not trusted",
                "sslmode=require", TLS,
                "", TLS));
    }

    @Test
    void theSystemsAuthoritiesDoNotVouchForAnotherHost() throws Exception {
        show(Shown.OF_ANOTHER_HOST);
        elsewhere(Map.of(
                "sslmode=verify-full&sslrootcert=system", "other host",
                "sslrootcert=system", "other host",
                "sslmode=verify-ca", "other host",
                "sslmode=require", TLS));
    }

    // ---- direct negotiation

    @ParameterizedTest
    @ValueSource(ints = {17, 18})
    void theDriverNegotiatesDirectlyWithAServerThatCan(int version) throws Exception {
        try (PostgresServer direct = PostgresServer.start(version, settings(Shown.RIGHT))) {
            String url = direct.planetScaleDatabase(true).url() + "?sslnegotiation=direct&";

            assertThat(outcome(TlsAttempt.driver(url))).isEqualTo(TLS);
            assertThat(outcome(TlsAttempt.driver(url + "sslmode=verify-full&sslrootcert=" + certificates.authority())))
                    .isEqualTo(TLS);
            assertThat(TlsAttempt.driver(url + "sslmode=verify-full&sslrootcert=" + certificates.stranger()))
                    .contains("signed by no authority");
        }
    }

    /** Which shows that the driver asks for it. A libpq of that age does not, and comes through. */
    @Test
    void anOlderServerIsRefusedWithTheReason() {
        show(Shown.RIGHT);
        assertThat(TlsAttempt.driver(url("sslnegotiation=direct")))
                .startsWith("The source could not be reached over TLS | ")
                .contains("the TLS handshake failed", "sslnegotiation=direct needs", "HEROKU_URL");
    }
}
