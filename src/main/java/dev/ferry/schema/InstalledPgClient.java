package dev.ferry.schema;

import dev.ferry.database.DatabaseUrl;
import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Programs found in folders. They get an environment of their own: what they need to run, and the one connection that they
 * are for. Ferry's own variables, which hold both URLs and the dashboard's password, are not in it; and nothing secret is
 * ever an argument, which other users of the machine could read.
 */
final class InstalledPgClient implements PgClient {
    private static final Pattern VERSION = Pattern.compile("\\(PostgreSQL\\) (\\d+)");
    private static final Pattern TLS =
            Pattern.compile("connection to server .* failed: .*(SSL|certificate|channel binding)", Pattern.DOTALL);
    private static final List<String> INHERITED =
            List.of("PATH", "HOME", "LD_LIBRARY_PATH", "TMPDIR", "TZ", "SSL_CERT_FILE", "SSL_CERT_DIR");
    private static final int MESSAGE_LINES = 4;
    private static final int MESSAGE_CHARACTERS = 800;

    private final Supplier<List<Path>> folders;

    /** @param folders where to look, asked each time: a program may be installed while Ferry runs */
    InstalledPgClient(Supplier<List<Path>> folders) {
        this.folders = folders;
    }

    static InstalledPgClient onThisMachine() {
        return new InstalledPgClient(() -> {
            List<Path> folders = new ArrayList<>();
            // Before the PATH: there, Debian has a wrapper in Perl that takes longer to start than pg_restore to run.
            folders.addAll(matching(Path.of("/usr/lib/postgresql"), "*"));
            folders.addAll(matching(Path.of("/usr"), "pgsql-*"));
            for (String folder :
                    Optional.ofNullable(System.getenv("PATH")).orElse("").split(File.pathSeparator)) {
                if (!folder.isEmpty()) {
                    folders.add(Path.of(folder));
                }
            }
            return folders;
        });
    }

    private static List<Path> matching(Path parent, String glob) {
        List<Path> folders = new ArrayList<>();
        if (Files.isDirectory(parent)) {
            try (DirectoryStream<Path> versions = Files.newDirectoryStream(parent, glob)) {
                versions.forEach(version -> folders.add(version.resolve("bin")));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return folders;
    }

    private record Installation(Path folder, int majorVersion) {}

    private Optional<Installation> newest() {
        Installation newest = null;
        for (Path folder : folders.get()) {
            Path dump = folder.resolve("pg_dump");
            if (Files.isExecutable(dump) && Files.isExecutable(folder.resolve("pg_restore"))) {
                Integer version = version(dump);
                if (version != null && (newest == null || version > newest.majorVersion)) {
                    newest = new Installation(folder, version);
                }
            }
        }
        return Optional.ofNullable(newest);
    }

    private static @Nullable Integer version(Path program) {
        Path output = temporaryFile("version");
        try {
            int exit = run(List.of(program.toString(), "--version"), Map.of(), output, output);
            Matcher matcher = VERSION.matcher(Files.readString(output, StandardCharsets.ISO_8859_1));
            return exit == 0 && matcher.find() ? Integer.valueOf(matcher.group(1)) : null;
        } catch (IOException e) {
            return null; // not a program that starts here: as good as missing
        } finally {
            delete(output);
        }
    }

    @Override
    public Optional<Integer> majorVersion() {
        return newest().map(Installation::majorVersion);
    }

    @Override
    public void dump(DatabaseUrl source, String applicationName, List<String> options, Path archive) {
        Map<String, String> connection = new java.util.LinkedHashMap<>(source.libpqEnvironment());
        connection.put("PGAPPNAME", applicationName);
        List<String> arguments = new ArrayList<>(options);
        arguments.add("--no-password");
        arguments.add("--file=" + archive);
        run("pg_dump", arguments, connection, source);
    }

    @Override
    public void restore(Path archive, List<String> options, Path output) {
        List<String> arguments = new ArrayList<>(options);
        arguments.add("--file=" + output);
        arguments.add(archive.toString());
        run("pg_restore", arguments, Map.of(), null);
    }

    private void run(
            String program, List<String> arguments, Map<String, String> connection, @Nullable DatabaseUrl source) {
        Installation installation = newest().orElseThrow(() -> new FerryException(
                FailureCode.DUMP,
                "pg_dump and pg_restore are not installed where Ferry runs.",
                "Install PostgreSQL's client programs, of the source's version or newer (on Debian: apt-get install"
                        + " postgresql-client), then press Retry."));
        List<String> command = new ArrayList<>();
        command.add(installation.folder.resolve(program).toString());
        command.addAll(arguments);
        Path errors = temporaryFile("errors");
        try {
            int exit = run(command, connection, null, errors);
            if (exit != 0) {
                throw failure(program, installation, exit, beginning(errors, source), source);
            }
        } catch (IOException e) {
            throw new FerryException(
                    FailureCode.DUMP,
                    program + " could not be started: " + e.getMessage(),
                    "See that PostgreSQL's client programs run on this machine, then press Retry.",
                    e);
        } finally {
            delete(errors);
        }
    }

    private static FerryException failure(
            String program, Installation installation, int exit, String said, @Nullable DatabaseUrl source) {
        String name = program + " " + installation.majorVersion;
        if (said.contains("server version mismatch")) {
            return new FerryException(
                    FailureCode.DUMP,
                    name + " is too old for the source's server: " + said,
                    "Install PostgreSQL's client programs of the source's version or newer, then press Retry.");
        }
        if (source != null && TLS.matcher(said).find()) {
            return new FerryException(
                    FailureCode.DUMP,
                    name + " could not reach the source over TLS: " + said,
                    "Check sslmode and sslrootcert in " + source.end().variable()
                            + ", restart Ferry and press Retry. Without a file in sslrootcert the authorities that"
                            + " pg_dump trusts are those of SSL_CERT_FILE or of the system (on Debian: apt-get install"
                            + " ca-certificates).");
        }
        return new FerryException(
                FailureCode.DUMP,
                name + " failed with exit code " + exit + (said.isEmpty() ? "." : ": " + said),
                "Remove the cause that it names, then press Retry.");
    }

    private static int run(List<String> command, Map<String, String> connection, @Nullable Path output, Path errors)
            throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command);
        Map<String, String> environment = builder.environment();
        Map<String, String> inherited = environment.entrySet().stream()
                .filter(variable -> INHERITED.contains(variable.getKey()))
                .collect(Collectors.toMap(Map.Entry::getKey, Map.Entry::getValue));
        environment.clear();
        environment.putAll(inherited);
        environment.put("LC_ALL", "C"); // messages as this class knows them
        environment.putAll(connection);
        builder.redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")));
        builder.redirectOutput(
                output == null ? ProcessBuilder.Redirect.DISCARD : ProcessBuilder.Redirect.to(output.toFile()));
        if (errors.equals(output)) {
            builder.redirectErrorStream(true);
        } else {
            builder.redirectError(errors.toFile());
        }
        Process process = builder.start();
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancellationException(command.get(0) + " was stopped");
        } finally {
            end(process);
        }
    }

    /** Politely first: a program that closes its connection leaves no session behind on the server. */
    private static void end(Process process) {
        if (process.isAlive()) {
            boolean interrupted = Thread.interrupted();
            process.destroy();
            try {
                if (!process.waitFor(2, TimeUnit.SECONDS)) {
                    process.destroyForcibly();
                }
            } catch (InterruptedException e) {
                process.destroyForcibly();
                interrupted = true;
            }
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private static String beginning(Path file, @Nullable DatabaseUrl source) {
        try (InputStream in = Files.newInputStream(file)) {
            String text = new String(in.readNBytes(64 * 1024), StandardCharsets.UTF_8);
            String lines = text.lines().limit(MESSAGE_LINES).collect(Collectors.joining(" "));
            String bounded =
                    lines.length() > MESSAGE_CHARACTERS ? lines.substring(0, MESSAGE_CHARACTERS) + "..." : lines;
            return source == null ? bounded : bounded.replace(source.password(), "***");
        } catch (IOException e) {
            return "";
        }
    }

    private static Path temporaryFile(String kind) {
        try {
            return Files.createTempFile("ferry-", "." + kind);
        } catch (IOException e) {
            throw new UncheckedIOException("no temporary file can be made", e);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            file.toFile().deleteOnExit();
        }
    }
}
