package dev.ferry.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;

/**
 * Two certificate authorities of a test's own, and what they signed for servers: made by the JDK's keytool in a folder, as
 * the PEM files that PostgreSQL and its clients read.
 */
public final class TestCertificates {
    private static final String PASSWORD = "changeit";
    private static final String LOCALHOST = "san=dns:localhost,ip:127.0.0.1,ip:0:0:0:0:0:0:0:1";

    /** What a server shows. */
    public enum Shown {
        /** For localhost, signed by the authority. */
        RIGHT,
        /** Signed by the authority, for another host. */
        OF_ANOTHER_HOST,
        /** For localhost, signed by the authority, and over since yesterday. */
        EXPIRED,
        /** For localhost, signed by nobody: as Heroku's. */
        SELF_SIGNED
    }

    private final Path folder;
    private final Path keys;

    private TestCertificates(Path folder) {
        this.folder = folder;
        this.keys = folder.resolve("keys.p12");
    }

    public static TestCertificates in(Path folder) {
        TestCertificates certificates = new TestCertificates(folder);
        certificates.make("authority", "-ext", "bc:c=ca:true");
        certificates.make("stranger", "-ext", "bc:c=ca:true");
        certificates.make("right", "-signer", "authority", "-ext", LOCALHOST);
        certificates.make("of_another_host", "-signer", "authority", "-ext", "san=dns:db.example.org");
        certificates.make(
                "expired", "-signer", "authority", "-ext", LOCALHOST, "-startdate", "-11d", "-validity", "10");
        certificates.make("self_signed", "-ext", LOCALHOST);
        certificates.write();
        return certificates;
    }

    private void make(String alias, String... options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                alias,
                "-dname",
                "CN=" + alias,
                "-keyalg",
                "EC",
                "-keystore",
                keys.toString(),
                "-storepass",
                PASSWORD));
        command.addAll(List.of(options));
        if (!command.contains("-validity")) {
            command.addAll(List.of("-startdate", "-1d", "-validity", "30"));
        }
        try {
            Process process =
                    new ProcessBuilder(command).redirectErrorStream(true).start();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(60, TimeUnit.SECONDS) || process.exitValue() != 0) {
                throw new IllegalStateException("keytool: " + said);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private void write() {
        try (InputStream in = Files.newInputStream(keys)) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(in, PASSWORD.toCharArray());
            for (String alias :
                    List.of("authority", "stranger", "right", "of_another_host", "expired", "self_signed")) {
                Files.writeString(
                        certificate(alias),
                        pem("CERTIFICATE", store.getCertificate(alias).getEncoded()));
                Key key = Objects.requireNonNull(store.getKey(alias, PASSWORD.toCharArray()));
                Files.writeString(key(alias), pem("PRIVATE KEY", key.getEncoded()));
                Files.setPosixFilePermissions(key(alias), PosixFilePermissions.fromString("rw-------"));
            }
            trustStore(store.getCertificate("authority"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException(e);
        }
    }

    private static String pem(String kind, byte[] bytes) {
        return "-----BEGIN " + kind + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(bytes)
                + "\n-----END " + kind + "-----\n";
    }

    private void trustStore(Certificate authority) throws IOException, GeneralSecurityException {
        KeyStore trust = KeyStore.getInstance("PKCS12");
        trust.load(null, null);
        trust.setCertificateEntry("authority", authority);
        try (OutputStream out = Files.newOutputStream(trustStore())) {
            trust.store(out, PASSWORD.toCharArray());
        }
    }

    /** Of the authority that signed. */
    public Path authority() {
        return certificate("authority");
    }

    /** Of an authority that signed nothing. */
    public Path stranger() {
        return certificate("stranger");
    }

    public Path certificate(Shown shown) {
        return certificate(alias(shown));
    }

    public Path key(Shown shown) {
        return key(alias(shown));
    }

    /** With the authority alone, for {@code javax.net.ssl.trustStore}. */
    public Path trustStore() {
        return folder.resolve("trust.p12");
    }

    public String trustStorePassword() {
        return PASSWORD;
    }

    private static String alias(Shown shown) {
        return shown.name().toLowerCase(Locale.ROOT);
    }

    private Path certificate(String alias) {
        return folder.resolve(alias + ".crt");
    }

    private Path key(String alias) {
        return folder.resolve(alias + ".key");
    }
}
