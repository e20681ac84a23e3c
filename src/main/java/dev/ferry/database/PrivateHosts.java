package dev.ferry.database;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Hosts that only a machine or a network of one's own can mean. The text alone decides: an answer of the name service may
 * change from one connection to the next, and whoever forges it must not switch TLS off. In doubt a host is public.
 */
final class PrivateHosts {
    /** Without leading zeros, which one library reads as octal and the next one does not. */
    private static final Pattern IPV4 = Pattern.compile("((0|[1-9]\\d{0,2})\\.){3}(0|[1-9]\\d{0,2})");

    /** Public addresses in an old notation: 134744072 and 0x08080808 are 8.8.8.8. */
    private static final Pattern NUMBER = Pattern.compile("\\d+|0x[0-9a-f]*");

    /** Reserved for private networks: RFC 6761, RFC 6762, and ICANN for internal. */
    private static final List<String> ENDINGS = List.of(".localhost", ".local", ".internal");

    private PrivateHosts() {}

    /**
     * Loopback, link-local, RFC 1918 and RFC 4193 addresses, names without a dot as a container network gives them, and
     * names whose ending is reserved for private networks.
     *
     * @param host a name or an address without brackets
     */
    static boolean contain(String host) {
        String name = host.toLowerCase(Locale.ROOT);
        if (name.indexOf(':') >= 0 || IPV4.matcher(name).matches()) {
            return isPrivateAddress(name);
        }
        if (name.indexOf('.') < 0) {
            return !NUMBER.matcher(name).matches();
        }
        return ENDINGS.stream().anyMatch(name::endsWith);
    }

    private static boolean isPrivateAddress(String literal) {
        int zone = literal.indexOf('%'); // of an interface that need not exist here
        try {
            InetAddress address = InetAddress.getByName(zone < 0 ? literal : literal.substring(0, zone));
            boolean uniqueLocal = address.getAddress().length == 16 && (address.getAddress()[0] & 0xfe) == 0xfc;
            return uniqueLocal
                    || address.isLoopbackAddress()
                    || address.isSiteLocalAddress()
                    || address.isLinkLocalAddress();
        } catch (UnknownHostException e) {
            return false; // no address after all: the connection will say so
        }
    }
}
