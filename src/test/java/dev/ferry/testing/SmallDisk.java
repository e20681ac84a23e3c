package dev.ferry.testing;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** A disk of a few megabytes, in memory, that a database's tables can lie on and that can be filled to the brim. */
public final class SmallDisk implements AutoCloseable {
    private final Path mountPoint;
    private final Path ballast;
    private Optional<TestDatabase> holding = Optional.empty();

    private SmallDisk(Path mountPoint) {
        this.mountPoint = mountPoint;
        this.ballast = mountPoint.resolve("ballast");
    }

    /** None where this user may not mount. */
    public static Optional<SmallDisk> mount(int megabytes) {
        try {
            Path point = Files.createTempDirectory("ferry-disk");
            if (run("mount", "-t", "tmpfs", "-o", "mode=0777,size=" + megabytes + "m", "tmpfs", point.toString())) {
                return Optional.of(new SmallDisk(point));
            }
            Files.delete(point);
        } catch (IOException e) {
            System.out.println("no small disk: " + e.getMessage());
        }
        return Optional.empty();
    }

    private static boolean run(String... command) throws IOException {
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getInputStream().readAllBytes();
            return process.waitFor(10, TimeUnit.SECONDS) && process.exitValue() == 0;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        }
    }

    /** Moves the database's files onto the disk; nobody may be connected to it. */
    public void holds(TestDatabase database) {
        Path folder = mountPoint.resolve("tablespace");
        try {
            Files.createDirectory(folder);
            // The server's user in its own namespace need not be the one who runs this.
            folder.toFile().setWritable(true, false);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        TestDatabase elsewhere = new TestDatabase(database.server(), "postgres", "postgres", "");
        elsewhere.runAsSuperuser("CREATE TABLESPACE small_" + database.name() + " LOCATION '" + folder + "'");
        elsewhere.runAsSuperuser("ALTER DATABASE " + database.name() + " SET TABLESPACE small_" + database.name());
        holding = Optional.of(database);
    }

    /** Leaves not a byte. */
    public void fill() {
        byte[] block = new byte[4096];
        try (OutputStream output = Files.newOutputStream(ballast)) {
            while (true) {
                output.write(block);
            }
        } catch (IOException e) {
            System.out.println("the disk is full: " + e.getMessage());
        }
    }

    public void free() {
        try {
            Files.deleteIfExists(ballast);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        free();
        holding.ifPresent(database -> {
            TestDatabase elsewhere = new TestDatabase(database.server(), "postgres", "postgres", "");
            elsewhere.runAsSuperuser("DROP DATABASE " + database.name() + " WITH (FORCE)");
            elsewhere.runAsSuperuser("DROP TABLESPACE small_" + database.name());
        });
        try {
            run("umount", mountPoint.toString());
            Files.deleteIfExists(mountPoint);
        } catch (IOException e) {
            System.out.println("small disk stays mounted: " + e.getMessage());
        }
    }
}
