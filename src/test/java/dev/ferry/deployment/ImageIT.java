package dev.ferry.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.dockerjava.api.command.InspectImageResponse;
import com.github.dockerjava.api.exception.NotFoundException;
import dev.ferry.testing.RandomWriter;
import dev.ferry.testing.RowComparison;
import dev.ferry.testing.SampleTables;
import dev.ferry.testing.SchemaComparison;
import dev.ferry.testing.SequenceComparison;
import dev.ferry.testing.TestCertificates;
import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.Network;

/** The image that {@code bin/test --containers} built, run as users run it. */
@Tag("containers")
class ImageIT {
    private static final long MEGABYTE = 1_000_000;

    @Test
    void movesEveryRowWhileItIsKilledStartedAgainAndStopped(@TempDir Path certificates) throws IOException {
        try (Network network = Network.newNetwork();
                ServerContainer heroku = new ServerContainer.OfAnImage(network, "heroku");
                ServerContainer.OfAnImage planetScale = new ServerContainer.OfAnImage(network, "planetscale")) {
            heroku.start();
            planetScale.start();
            // The container's user is nobody on this machine.
            Files.setPosixFilePermissions(certificates, PosixFilePermissions.fromString("rwxr-xr-x"));
            planetScale.copyCertificateTo(certificates.resolve("planetscale.crt"));
            TestDatabase source = heroku.server().herokuDatabase();
            TestDatabase target = planetScale.server().planetScaleDatabase(false);
            RandomWriter.createTables(source, 3000);
            SampleTables.create(source, 100_000);
            Map<String, String> environment = Map.of(
                    "HEROKU_URL", heroku.urlInside(source, "sslmode=require"),
                    "PLANETSCALE_URL",
                            planetScale.urlInside(
                                    target, "sslmode=verify-full&sslrootcert=/certificates/planetscale.crt"),
                    "FERRY_CHUNK_SIZE", "256KB",
                    "FERRY_COPY_WORKERS", "1",
                    "FERRY_LEASE_EXPIRY", "10s");
            try (RandomWriter writer = RandomWriter.start(source, 2, 17, Duration.ofMillis(5));
                    FerryContainer ferry = new FerryContainer(network, environment, certificates)) {
                ferry.start();
                ferry.startMigration();
                ferry.await(
                        "middle of the copy",
                        status -> FerryContainer.phase(status).equals("copying")
                                && status.path("progress_signals")
                                                .path("byte_weighted")
                                                .path("percent")
                                                .doubleValue(0)
                                        > 20);
                ferry.kill();
                ferry.startAgain();
                ferry.awaitInSync();
                assertThat(writer.committed()).isPositive();
                assertWithinMemory(ferry, "after the copy");
                ferry.kill();
                writer.awaitCommitted(100);
                ferry.startAgain();
                ferry.awaitInSync();

                long stopping = System.nanoTime();
                assertThat(ferry.stop()).as("the JVM's code after SIGTERM").isEqualTo(143);
                Duration stopped = Duration.ofNanos(System.nanoTime() - stopping);
                System.out.println("ImageIT: docker stop took " + stopped.toMillis() + " ms");
                assertThat(stopped).isLessThan(Duration.ofSeconds(10));
                writer.awaitCommitted(100);
                ferry.startAgain();
                ferry.awaitHealthy();

                writer.expectRefusals();
                ferry.switchTraffic();
                writer.awaitRefused();
                RowComparison.assertEqual(source, target);
                SequenceComparison.assertNotBehind(source, target);
                SchemaComparison.assertEqual(source, target);
                assertWithinMemory(ferry, "after the switch");
                ferry.complete();
                writer.stop();
                writer.assertUndisturbed();
                assertThat(ferry.output()).doesNotContain("s3cret").doesNotContain("Exception");
            }
        }
    }

    /** Most databases on Heroku are one major version behind their new home. */
    @Test
    void movesEveryRowFromAnOlderSourceWithThePgDumpOfTheImage(@TempDir Path certificates) throws IOException {
        try (Network network = Network.newNetwork();
                ServerContainer heroku =
                        new ServerContainer.OfPrograms(network, "heroku", 16, TestCertificates.in(certificates));
                ServerContainer.OfAnImage planetScale = new ServerContainer.OfAnImage(network, "planetscale")) {
            heroku.start();
            planetScale.start();
            Files.setPosixFilePermissions(certificates, PosixFilePermissions.fromString("rwxr-xr-x"));
            planetScale.copyCertificateTo(certificates.resolve("planetscale.crt"));
            TestDatabase source = heroku.server().herokuDatabase();
            TestDatabase target = planetScale.server().planetScaleDatabase(true);
            assertThat(source.value("SHOW server_version")).startsWith("16.");
            RandomWriter.createTables(source, 3000);
            SampleTables.create(source, 10_000);
            Map<String, String> environment = Map.of(
                    "HEROKU_URL", heroku.urlInside(source, "sslmode=require"),
                    "PLANETSCALE_URL",
                            planetScale.urlInside(
                                    target, "sslmode=verify-full&sslrootcert=/certificates/planetscale.crt"));
            try (RandomWriter writer = RandomWriter.start(source, 2, 16, Duration.ofMillis(5));
                    FerryContainer ferry = new FerryContainer(network, environment, certificates)) {
                ferry.start();
                ferry.startMigration();
                ferry.awaitInSync();
                writer.awaitCommitted(100);
                writer.expectRefusals();
                ferry.switchTraffic();
                writer.awaitRefused();
                RowComparison.assertEqual(source, target);
                SequenceComparison.assertNotBehind(source, target);
                SchemaComparison.assertEqual(source, target);
                ferry.complete();
                writer.stop();
                writer.assertUndisturbed();
                assertThat(ferry.output()).doesNotContain("s3cret").doesNotContain("Exception");
            }
        }
    }

    private static void assertWithinMemory(FerryContainer ferry, String moment) {
        long peak = ferry.peakResidentMegabytes();
        System.out.println("ImageIT: the JVM took " + peak + " MB at most, " + moment);
        assertThat(ferry.state().getOOMKilled()).isFalse();
        assertThat(peak).isLessThan(450);
    }

    @Test
    void takesAtMost350MegabytesOnTopOfItsBase() {
        InspectImageResponse image = inspect(FerryContainer.IMAGE);
        String base = Objects.requireNonNull(
                Objects.requireNonNull(Objects.requireNonNull(image.getConfig()).getLabels())
                        .get("org.opencontainers.image.base.name"));
        try {
            long size = size(image) - size(inspect(base));
            System.out.println("ImageIT: " + size / MEGABYTE + " MB on top of " + base);
            assertThat(size).isBetween(1L, 350 * MEGABYTE);
        } catch (NotFoundException e) {
            Assumptions.abort(base + " is not here by itself: its size is unknown");
        }
    }

    @Test
    void knowsItsCommitIfTheBuildWasToldIt(@TempDir Path certificates) {
        String revision = String.valueOf(Objects.requireNonNull(
                        Objects.requireNonNull(inspect(FerryContainer.IMAGE).getConfig())
                                .getLabels())
                .get("org.opencontainers.image.revision"));
        Map<String, String> environment =
                Map.of("HEROKU_URL", "postgres://a:b@localhost:9/c", "PLANETSCALE_URL", "postgres://a:b@localhost:9/d");
        try (Network network = Network.newNetwork();
                FerryContainer ferry = new FerryContainer(network, environment, certificates)) {
            ferry.start();
            assertThat(ferry.send("GET", "/diagnostics").body())
                    .contains(revision.equals("unknown") ? "\"commit\":null" : "\"commit\":\"" + revision + "\"");
        }
    }

    @Test
    void doesNotRunAsRootAndHasNoShellInFrontOfTheJvm() {
        var config = Objects.requireNonNull(inspect(FerryContainer.IMAGE).getConfig());
        assertThat(config.getUser()).matches("[1-9][0-9]*");
        assertThat(config.getEntrypoint()).containsExactly("/opt/ferry/java/bin/java");
        assertThat(config.getCmd()).containsExactly("@/opt/ferry/java.options");
    }

    private static long size(InspectImageResponse image) {
        return Objects.requireNonNull(image.getSize());
    }

    private static InspectImageResponse inspect(String image) {
        return DockerClientFactory.instance().client().inspectImageCmd(image).exec();
    }
}
