package dev.ferry.database;

import java.io.FileNotFoundException;
import java.security.GeneralSecurityException;
import java.security.InvalidAlgorithmParameterException;
import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.sql.SQLException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.postgresql.util.GT;

/** Why there is no TLS connection: told by the types of the causes, for Java's own texts name classes of its own. */
public enum TlsFailure {
    NOT_OFFERED("the server offers no TLS, which sslmode asks for"),
    NOT_TRUSTED("the server's certificate is signed by no authority that is trusted here"),
    OTHER_HOST("the server's certificate was made for another host name"),
    OUT_OF_DATE("the server's certificate is out of date"),
    NO_AUTHORITIES("there is no certificate of an authority to read, against which to verify the server's"),
    NO_HANDSHAKE("the TLS handshake failed");

    private final String sentence;

    TlsFailure(String sentence) {
        this.sentence = sentence;
    }

    /** What is wrong, to follow a name and a colon. */
    public String sentence() {
        return sentence;
    }

    /** Empty when the failure has another reason. */
    public static Optional<TlsFailure> of(Throwable failure) {
        Throwable root = failure;
        boolean handshake = false;
        boolean connecting = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SQLException sql && ofDriver(sql).isPresent()) {
                return ofDriver(sql);
            }
            connecting |= cause instanceof SQLException sql
                    && String.valueOf(sql.getSQLState()).startsWith("08");
            if (cause instanceof CertificateExpiredException || cause instanceof CertificateNotYetValidException) {
                return Optional.of(OUT_OF_DATE);
            }
            handshake |= cause instanceof SSLException;
            root = cause;
        }
        if (root instanceof InvalidAlgorithmParameterException) {
            return Optional.of(NO_AUTHORITIES); // an empty set of them
        }
        if (!handshake) {
            boolean unreadable = root instanceof FileNotFoundException || root instanceof GeneralSecurityException;
            return connecting && unreadable ? Optional.of(NO_AUTHORITIES) : Optional.empty();
        }
        boolean refused = root instanceof CertPathBuilderException
                || root instanceof CertPathValidatorException
                || root instanceof CertificateException;
        return Optional.of(refused ? NOT_TRUSTED : NO_HANDSHAKE);
    }

    /** Two refusals of the driver have neither a cause nor an SQLSTATE of their own, and its texts are translated. */
    private static Optional<TlsFailure> ofDriver(SQLException refusal) {
        String message = String.valueOf(refusal.getMessage());
        if (message.equals(GT.tr("The server does not support SSL."))) {
            return Optional.of(NOT_OFFERED);
        }
        return message.contains("PgjdbcHostnameVerifier") ? Optional.of(OTHER_HOST) : Optional.empty();
    }

    /** What whoever set the URL can do. */
    public String remedy(DatabaseUrl url) {
        String variable = url.end().variable();
        String authorities = url.fileOfAuthorities().map(file -> "in " + file).orElse("among the public ones");
        return switch (this) {
            case NOT_OFFERED ->
                "Check host and port in " + variable + ": Heroku and PlanetScale always offer TLS. For a server of your"
                        + " own set ssl = on, or, where the network up to it is yours alone, write sslmode=disable in "
                        + variable + ".";
            case NOT_TRUSTED ->
                "There is none " + authorities + " that signed it. If it is signed by nobody, as Heroku's are, write"
                        + " sslmode=require without sslrootcert in " + variable
                        + ": that encrypts and verifies nothing."
                        + " For an authority of your own write sslmode=verify-full&sslrootcert=/path/of/its/certificate.";
            case OTHER_HOST ->
                "Write the host name for which it was made in " + variable + ". With sslmode=verify-ca and the file of"
                        + " your own authority in sslrootcert the name does not matter.";
            case OUT_OF_DATE ->
                "Have the server's certificate renewed, and check this machine's clock. Until then sslmode=require"
                        + " without sslrootcert in " + variable + " encrypts and verifies nothing.";
            case NO_AUTHORITIES ->
                url.fileOfAuthorities().isPresent()
                        ? "Put a PEM file with the authority's certificate where Ferry can read it, into its container"
                                + " too, and write its path as sslrootcert in " + variable + "."
                        : "Give the Java runtime a trust store that is not empty (on Debian: apt-get install"
                                + " ca-certificates-java).";
            case NO_HANDSHAKE ->
                url.negotiatesDirectly()
                        ? "sslnegotiation=direct needs a server of PostgreSQL 17 or newer; remove it from " + variable
                                + " for an older one."
                        : "Check host and port in " + variable + ", and that no proxy stands between.";
        };
    }
}
