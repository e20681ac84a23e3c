package dev.ferry.deployment;

import static org.assertj.core.api.Assertions.assertThat;

import dev.ferry.testing.PostgresServer;
import dev.ferry.testing.TestCertificates;
import dev.ferry.testing.TestCertificates.Shown;
import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import org.testcontainers.containers.Container;
import org.testcontainers.containers.ExecConfig;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.postgresql.PostgreSQLContainer;
import org.testcontainers.utility.DockerImageName;

/** A server in a container, with a certificate of its own; it refuses whoever comes without TLS. */
abstract sealed class ServerContainer implements AutoCloseable {
    private static final String SUPERUSER_PASSWORD = "superuser";

    private final String name;
    private final int majorVersion;
    private final GenericContainer<?> container;

    private ServerContainer(String name, int majorVersion, GenericContainer<?> container) {
        this.name = name;
        this.majorVersion = majorVersion;
        this.container = container;
    }

    void start() {
        container.start();
    }

    /** From this machine. */
    PostgresServer server() {
        return PostgresServer.elsewhere(majorVersion, container.getMappedPort(5432), SUPERUSER_PASSWORD);
    }

    /** The URL of a database of this server, from another container of its network. */
    String urlInside(TestDatabase database, String parameters) {
        return database.url().replace("@localhost:" + database.server().port(), "@" + name + ":5432") + "?"
                + parameters;
    }

    @Override
    public void close() {
        container.stop();
    }

    /** Of an image that has everything; its certificate is for its name. */
    static final class OfAnImage extends ServerContainer {
        private static final String DATA = "/var/lib/postgresql/data";

        private final PostgreSQLContainer container;

        OfAnImage(Network network, String name) {
            this(
                    name,
                    new PostgreSQLContainer(DockerImageName.parse("postgres:17"))
                            .withUsername("postgres")
                            .withPassword(SUPERUSER_PASSWORD)
                            .withNetwork(network)
                            .withNetworkAliases(name));
        }

        private OfAnImage(String name, PostgreSQLContainer container) {
            super(name, 17, container);
            this.container = container;
        }

        @Override
        void start() {
            super.start();
            String name = super.name;
            asPostgres("openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=" + name
                    + " -addext subjectAltName=DNS:" + name + " -keyout " + DATA + "/server.key -out " + DATA
                    + "/server.crt");
            asPostgres("chmod 600 " + DATA + "/server.key && sed -i '1i hostnossl all all all reject' " + DATA
                    + "/pg_hba.conf && psql -c 'ALTER SYSTEM SET ssl = on' -c 'SELECT pg_reload_conf()'");
        }

        private void asPostgres(String command) {
            try {
                Container.ExecResult result = container.execInContainer(ExecConfig.builder()
                        .user("postgres")
                        .command(new String[] {"bash", "-c", command})
                        .build());
                assertThat(result.getExitCode()).as("%s: %s", command, result).isZero();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IllegalStateException(e);
            }
        }

        void copyCertificateTo(Path file) {
            container.copyFileFromContainer(DATA + "/server.crt", file.toString());
        }
    }

    /** Of the programs that the other tests use, for versions without an image; its certificate is signed by nobody. */
    static final class OfPrograms extends ServerContainer {
        OfPrograms(Network network, String name, int majorVersion, TestCertificates certificates) {
            super(
                    name,
                    majorVersion,
                    new ProgramsContainer(
                                    majorVersion,
                                    SUPERUSER_PASSWORD,
                                    certificates.certificate(Shown.SELF_SIGNED),
                                    certificates.key(Shown.SELF_SIGNED))
                            .withNetwork(network)
                            .withNetworkAliases(name));
        }
    }
}
