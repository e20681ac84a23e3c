package dev.ferry.deployment;

import dev.ferry.testing.PostgresServer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.images.builder.Transferable;
import org.testcontainers.utility.DockerImageName;
import org.testcontainers.utility.MountableFile;
import org.tukaani.xz.XZInputStream;

/**
 * A bare Debian into which a server's programs are unpacked before it starts: the base of Ferry's own image, so nothing has
 * to be fetched for it.
 */
final class ProgramsContainer extends GenericContainer<ProgramsContainer> {
    /** PostgreSQL refuses a key that others may read, and to run as root. */
    private static final String START = """
            set -e
            /opt/bin/initdb -D /tmp/data -U postgres -E UTF8 --locale=C.UTF-8 --pwfile=/server.password >/dev/null
            install -m 600 /server.crt /server.key /tmp/data
            echo 'hostssl all all all scram-sha-256' >/tmp/data/pg_hba.conf
            exec /opt/bin/postgres -D /tmp/data -c listen_addresses='*' -c ssl=on -c timezone=America/St_Johns
            """;

    private final int majorVersion;

    ProgramsContainer(int majorVersion, String superuserPassword, Path certificate, Path key) {
        super(DockerImageName.parse("debian:trixie-slim"));
        this.majorVersion = majorVersion;
        withCreateContainerCmdModifier(create -> create.withUser("nobody"));
        withCopyFileToContainer(MountableFile.forHostPath(certificate, 0644), "/server.crt");
        withCopyFileToContainer(MountableFile.forHostPath(key, 0644), "/server.key");
        withCopyToContainer(Transferable.of(superuserPassword, 0644), "/server.password");
        withCommand("bash", "-c", START);
        withExposedPorts(5432);
        waitingFor(Wait.forLogMessage(".*database system is ready to accept connections.*", 1));
    }

    @Override
    protected void containerIsCreated(String containerId) {
        try (InputStream archive = new XZInputStream(PostgresServer.binaries(majorVersion))) {
            dockerClient
                    .copyArchiveToContainerCmd(containerId)
                    .withRemotePath("/opt")
                    .withTarInputStream(archive)
                    .exec();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
