package dev.ferry.database;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.io.ByteArrayOutputStream;
import java.net.URLEncoder;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A {@code postgres://} URL as hosts hand it out, taken apart by ourselves: pgjdbc ignores user and password in the host
 * part and parameters it does not know. The driver and pg_dump get translated settings with the same meaning; nobody gets
 * the raw text. {@link #toString()} holds no password.
 */
public final class DatabaseUrl {
    private static final Set<String> SSL_MODES =
            Set.of("disable", "allow", "prefer", "require", "verify-ca", "verify-full");
    private static final List<String> PARTS_OF_THE_FRONT =
            List.of("host", "hostaddr", "port", "user", "password", "dbname", "service");
    /** What Ferry does not do for both the driver and pg_dump; who asks for it would rely on it. */
    private static final List<String> UNSUPPORTED_PROOFS = List.of(
            "sslcert",
            "sslkey",
            "sslpassword",
            "sslcrl",
            "sslcrldir",
            "sslcertmode",
            "ssl_min_protocol_version",
            "ssl_max_protocol_version",
            "require_auth",
            "requirepeer",
            "requiressl",
            "gssencmode");

    private static final String SYSTEM = "system";
    /** Where no file can be. */
    private static final String NO_FILE = "/dev/null/none";

    private static final List<String> SYSTEM_AUTHORITIES =
            List.of("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem");

    private static final Set<String> HARMLESS = Set.of(
            "sslmode", "sslrootcert", "sslnegotiation", "channel_binding", "connect_timeout", "application_name");
    private static final String HIDDEN = "***";

    private final End end;
    private final String user;
    private final String password;
    private final String host;
    private final int port;
    private final String database;
    private final Map<String, String> parameters;

    private DatabaseUrl(
            End end,
            String user,
            String password,
            String host,
            int port,
            String database,
            Map<String, String> parameters) {
        this.end = end;
        this.user = user;
        this.password = password;
        this.host = host;
        this.port = port;
        this.database = database;
        this.parameters = parameters;
    }

    /**
     * Reads a URL.
     *
     * @throws FerryException with code CONFIGURATION that names the variable and the fault, never the value
     */
    public static DatabaseUrl parse(End end, @Nullable String text) {
        if (text == null || text.isBlank()) {
            throw invalid(end, "is empty");
        }
        String url = text.strip();
        int scheme = url.indexOf("://");
        if (scheme < 0 || !Set.of("postgres", "postgresql").contains(url.substring(0, scheme))) {
            throw invalid(end, "does not begin with postgres:// or postgresql://");
        }
        String rest = url.substring(scheme + 3);
        int question = rest.indexOf('?');
        String query = question < 0 ? "" : rest.substring(question + 1);
        if (query.indexOf('@') >= 0) {
            // Else a question mark in a password would make host and database of the password's pieces, and show them.
            throw invalid(end, "has an @ after a question mark; percent-encode such characters in the password (%3F)");
        }
        String main = question < 0 ? rest : rest.substring(0, question);
        int at = main.lastIndexOf('@');
        if (at < 0) {
            throw invalid(end, "has no user and password before the host (user:password@host)");
        }
        String credentials = main.substring(0, at);
        String location = main.substring(at + 1);
        int colon = credentials.indexOf(':');
        if (colon < 0) {
            throw invalid(end, "has no password");
        }
        String user = decode(end, "user", credentials.substring(0, colon));
        String password = decode(end, "password", credentials.substring(colon + 1));
        if (user.isEmpty() || password.isEmpty()) {
            throw invalid(end, user.isEmpty() ? "has no user" : "has no password");
        }
        int slash = location.indexOf('/');
        if (slash < 0 || slash == location.length() - 1) {
            throw invalid(end, "has no database name after the host");
        }
        String database = decode(end, "database name", location.substring(slash + 1));
        if (location.indexOf('/', slash + 1) >= 0) {
            throw invalid(end, "has more than one part after the host");
        }
        return withHost(end, user, password, location.substring(0, slash), database, parameters(end, query));
    }

    private static DatabaseUrl withHost(
            End end, String user, String password, String hostPort, String database, Map<String, String> parameters) {
        String host;
        String portText;
        boolean bracketed = hostPort.startsWith("[");
        if (bracketed) {
            int close = hostPort.indexOf(']');
            if (close < 0) {
                throw invalid(end, "has an IPv6 address without a closing bracket");
            }
            host = decode(end, "host", hostPort.substring(1, close));
            String after = hostPort.substring(close + 1);
            if (!after.isEmpty() && !after.startsWith(":")) {
                throw invalid(end, "has text between the IPv6 address and the port");
            }
            portText = after.isEmpty() ? "" : after.substring(1);
        } else {
            int colon = hostPort.indexOf(':');
            host = decode(end, "host", colon < 0 ? hostPort : hostPort.substring(0, colon));
            portText = colon < 0 ? "" : hostPort.substring(colon + 1);
        }
        if (host.isEmpty()) {
            throw invalid(end, "has no host");
        }
        if (host.contains(",") || portText.contains(",")) {
            throw invalid(end, "names several hosts; give the primary alone");
        }
        if (host.startsWith("/")) {
            throw invalid(end, "names a socket file; give a host name");
        }
        if (!host.matches(bracketed ? "[0-9A-Fa-f:.]+(%[A-Za-z0-9._-]+)?" : "[A-Za-z0-9._-]+")) {
            throw invalid(end, "has a host with characters that no host name has");
        }
        return new DatabaseUrl(end, user, password, host, port(end, portText), database, parameters);
    }

    private static int port(End end, String text) {
        if (text.isEmpty()) {
            return 5432;
        }
        if (!text.matches("[0-9]{1,5}") || Integer.parseInt(text) < 1 || Integer.parseInt(text) > 65535) {
            throw invalid(end, "has a port that is not a number from 1 to 65535");
        }
        return Integer.parseInt(text);
    }

    private static Map<String, String> parameters(End end, String query) {
        Map<String, String> parameters = new LinkedHashMap<>();
        for (String pair : query.split("&")) {
            if (pair.isEmpty()) {
                continue;
            }
            int equals = pair.indexOf('=');
            if (equals < 0) {
                throw invalid(end, "has a parameter without a value after the question mark");
            }
            parameters.put(
                    decode(end, "parameter", pair.substring(0, equals)),
                    decode(end, "parameter", pair.substring(equals + 1)));
        }
        for (String name : PARTS_OF_THE_FRONT) {
            if (parameters.containsKey(name)) {
                throw invalid(end, "has the parameter " + name + "; write it before the question mark instead");
            }
        }
        parameters.remove("sslrootcert", ""); // libpq takes it for none
        parameters.remove("gssencmode", "disable"); // which is what there is
        for (String name : UNSUPPORTED_PROOFS) {
            if (!parameters.getOrDefault(name, "").isEmpty()) {
                throw invalid(end, "has the parameter " + name + ", which Ferry does not support; leave it out");
            }
        }
        if ("true".equals(parameters.get("ssl"))) {
            parameters.putIfAbsent("sslmode", "require"); // as libpq reads it
        }
        String sslMode = parameters.get("sslmode");
        if (sslMode != null && !SSL_MODES.contains(sslMode)) {
            throw invalid(end, "has an sslmode that is none of " + String.join(", ", new TreeSet<>(SSL_MODES)));
        }
        if (SYSTEM.equals(parameters.get("sslrootcert")) && sslMode != null && !sslMode.equals("verify-full")) {
            throw invalid(end, "has sslrootcert=system, which needs sslmode=verify-full");
        }
        String negotiation = parameters.get("sslnegotiation");
        if (negotiation != null && !Set.of("postgres", "direct").contains(negotiation)) {
            throw invalid(end, "has an sslnegotiation that is neither postgres nor direct");
        }
        if ("direct".equals(negotiation)
                && sslMode != null
                && Set.of("disable", "allow", "prefer").contains(sslMode)) {
            throw invalid(end, "has sslnegotiation=direct, which needs sslmode=require or stricter");
        }
        String binding = parameters.get("channel_binding");
        if (binding != null && !Set.of("disable", "prefer", "require").contains(binding)) {
            throw invalid(end, "has a channel_binding that is none of disable, prefer, require");
        }
        return parameters;
    }

    /** Percent-decoding of a URL: a plus stays a plus. */
    private static String decode(End end, String part, String text) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        byte[] raw = text.getBytes(StandardCharsets.UTF_8);
        for (int i = 0; i < raw.length; i++) {
            if (raw[i] != '%') {
                bytes.write(raw[i]);
                continue;
            }
            int high = i + 2 < raw.length ? Character.digit(raw[i + 1], 16) : -1;
            int low = i + 2 < raw.length ? Character.digit(raw[i + 2], 16) : -1;
            if (high < 0 || low < 0) {
                throw invalid(
                        end, "has a percent sign in its " + part + " that two hex digits do not follow; write %25");
            }
            bytes.write(high * 16 + low);
            i += 2;
        }
        try {
            String decoded = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes.toByteArray()))
                    .toString();
            if (decoded.indexOf('\0') >= 0) {
                throw invalid(end, "has a zero byte in its " + part);
            }
            return decoded;
        } catch (CharacterCodingException e) {
            throw invalid(end, "has a " + part + " that is not UTF-8 after percent-decoding");
        }
    }

    private static FerryException invalid(End end, String fault) {
        return new FerryException(
                FailureCode.CONFIGURATION,
                end.variable() + " " + fault + ".",
                "Set " + end.variable()
                        + " to a URL like postgres://user:password@host:5432/database and restart Ferry.");
    }

    public End end() {
        return end;
    }

    public String user() {
        return user;
    }

    public String host() {
        return host;
    }

    public int port() {
        return port;
    }

    public String database() {
        return database;
    }

    /** Never to be shown or logged. */
    public String password() {
        return password;
    }

    /**
     * What TLS is to prove, with libpq's meaning. A file of authorities asks for a verified certificate, {@code require} or
     * not; {@code sslrootcert=system} asks for the host name too, and so does {@code verify-ca} without a file of its own:
     * a public authority signs for anybody. Nothing given: {@code require}, but {@code prefer} on a private network,
     * unless TLS is to be direct.
     */
    public String sslMode() {
        String given = parameters.get("sslmode");
        String authorities = parameters.get("sslrootcert");
        boolean ofOnesOwn = authorities != null && !authorities.equals(SYSTEM);
        if (given == null && authorities == null) {
            return !negotiatesDirectly() && PrivateHosts.contain(host) ? "prefer" : "require";
        }
        if (SYSTEM.equals(authorities) || ("verify-ca".equals(given) && !ofOnesOwn)) {
            return "verify-full";
        }
        if (ofOnesOwn && (given == null || given.equals("require"))) {
            return "verify-ca";
        }
        return String.valueOf(given);
    }

    boolean negotiatesDirectly() {
        return "direct".equals(parameters.get("sslnegotiation"));
    }

    /** Whether {@code sslrootcert} or the system's authorities are asked about the certificate. */
    private boolean verifies() {
        return sslMode().startsWith("verify-");
    }

    /** The file of {@code sslrootcert}, or empty where the system's authorities are meant. */
    Optional<String> fileOfAuthorities() {
        return Optional.ofNullable(parameters.get("sslrootcert")).filter(file -> !file.equals(SYSTEM));
    }

    /** For the driver. Host, port and database alone: everything else, the password too, is in {@link #jdbcProperties()}. */
    public String jdbcUrl() {
        String bracketed = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
        return "jdbc:postgresql://" + bracketed + ":" + port + "/" + encode(database);
    }

    /**
     * User, password and TLS for the driver. It would take {@code sslrootcert=system} for a file of that name: the system's
     * authorities are the trust store of the JVM. Below {@code verify-ca} it asks no authority, whatever file there is.
     */
    public Properties jdbcProperties() {
        Properties properties = new Properties();
        properties.setProperty("user", user);
        properties.setProperty("password", password);
        properties.setProperty("sslmode", sslMode());
        if (verifies()) {
            fileOfAuthorities()
                    .ifPresentOrElse(
                            file -> properties.setProperty("sslrootcert", file),
                            () -> properties.setProperty("sslfactory", "org.postgresql.ssl.DefaultJavaSSLFactory"));
        }
        if (parameters.containsKey("sslnegotiation")) {
            properties.setProperty("sslNegotiation", parameters.get("sslnegotiation"));
        }
        if (parameters.containsKey("channel_binding")) {
            properties.setProperty("channelBinding", parameters.get("channel_binding"));
        }
        return properties;
    }

    /**
     * The same for libpq, as environment variables of a child process; it runs under names that libpq 15 understands.
     *
     * <p>{@code PGSSLROOTCERT} is always set. Else libpq would read the file {@code ~/.postgresql/root.crt} where there is
     * one, and verify under {@code require}, and under {@code prefer} send the password in the clear when that fails.
     * {@code system} is known from libpq 16 on and needs an OpenSSL that knows where the system keeps its authorities, so
     * the file is named. {@code PGSSLNEGOTIATION} is read from libpq 17 on; a server that offers direct TLS answers the
     * classic request of an older one too.
     */
    public Map<String, String> libpqEnvironment() {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("PGHOST", host);
        environment.put("PGPORT", Integer.toString(port));
        environment.put("PGUSER", user);
        environment.put("PGPASSWORD", password);
        environment.put("PGDATABASE", database);
        environment.put("PGSSLMODE", sslMode());
        environment.put("PGCONNECT_TIMEOUT", "15");
        environment.put(
                "PGSSLROOTCERT", verifies() ? fileOfAuthorities().orElseGet(DatabaseUrl::systemAuthorities) : NO_FILE);
        if (parameters.containsKey("sslnegotiation")) {
            environment.put("PGSSLNEGOTIATION", parameters.get("sslnegotiation"));
        }
        if (parameters.containsKey("channel_binding")) {
            environment.put("PGCHANNELBINDING", parameters.get("channel_binding"));
        }
        return environment;
    }

    /**
     * The URL without what may be a secret, to be shown: no password, and values of those parameters alone whose values say
     * nothing about who may log in.
     */
    public String withoutSecrets() {
        String query = parameters.entrySet().stream()
                .map(parameter -> encode(parameter.getKey()) + "="
                        + (HARMLESS.contains(parameter.getKey()) ? encode(parameter.getValue()) : HIDDEN))
                .collect(Collectors.joining("&"));
        return "postgres://" + encode(user) + ":" + HIDDEN + "@" + (host.indexOf(':') >= 0 ? "[" + host + "]" : host)
                + ":" + port + "/" + encode(database) + (query.isEmpty() ? "" : "?" + query);
    }

    private static String encode(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** Where OpenSSL looks first, then where distributions put them; a libpq from 16 on may know another place. */
    private static String systemAuthorities() {
        return Stream.concat(
                        Stream.ofNullable(System.getenv("SSL_CERT_FILE")).filter(file -> !file.isEmpty()),
                        SYSTEM_AUTHORITIES.stream().filter(file -> Files.isReadable(Path.of(file))))
                .findFirst()
                .orElse(SYSTEM);
    }

    /** Host, port and database. */
    @Override
    public String toString() {
        return host + ":" + port + "/" + database;
    }
}
