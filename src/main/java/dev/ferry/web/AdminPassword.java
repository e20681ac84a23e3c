package dev.ferry.web;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Optional;

/**
 * What the one user {@code admin} logs in with, kept as a SHA-256 digest. Digests have one length and are compared in
 * constant time, so neither the length nor a common beginning shows in the time that a wrong guess takes.
 */
public final class AdminPassword {
    static final String VARIABLE = "PASSWORD";

    private final byte[] digest;

    private AdminPassword(byte[] utf8) {
        this.digest = sha256(utf8);
    }

    /** Any text but the empty one. */
    public static AdminPassword of(String password) {
        return of(password.getBytes(StandardCharsets.UTF_8));
    }

    private static AdminPassword of(byte[] utf8) {
        if (utf8.length == 0) {
            throw new IllegalArgumentException("the password is empty");
        }
        return new AdminPassword(utf8);
    }

    /**
     * Reads the variable PASSWORD as the bytes that it is: no placeholder is replaced in it, and where the locale is C (as
     * in most containers) {@link System#getenv} would lose every letter beyond ASCII.
     *
     * @return empty if the variable is missing or empty
     */
    public static Optional<AdminPassword> fromEnvironment() {
        byte[] prefix = (VARIABLE + "=").getBytes(StandardCharsets.US_ASCII);
        try {
            byte[] environment = Files.readAllBytes(Path.of("/proc/self/environ"));
            int start = 0;
            for (int i = 0; i <= environment.length; i++) {
                if (i < environment.length && environment[i] != 0) {
                    continue;
                }
                if (i - start > prefix.length
                        && Arrays.equals(environment, start, start + prefix.length, prefix, 0, prefix.length)) {
                    return Optional.of(of(Arrays.copyOfRange(environment, start + prefix.length, i)));
                }
                start = i + 1;
            }
        } catch (IOException e) {
            // Not Linux: the decoded form is all there is.
        }
        return Optional.ofNullable(System.getenv(VARIABLE))
                .filter(value -> !value.isEmpty())
                .map(AdminPassword::of);
    }

    boolean matches(String candidate) {
        return MessageDigest.isEqual(digest, sha256(candidate.getBytes(StandardCharsets.UTF_8)));
    }

    private static byte[] sha256(byte[] bytes) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(bytes);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    @Override
    public String toString() {
        return "AdminPassword[not shown]";
    }
}
