package dev.ferry.preflight;

import java.util.Collection;
import java.util.Locale;
import java.util.stream.Collectors;

/** Lists for people: the first twenty, and how many more there are. */
final class Names {
    private static final int SHOWN = 20;

    private Names() {}

    static String some(Collection<?> names) {
        return joined(names, ", ", " and ");
    }

    /** One a line. */
    static String lines(Collection<?> lines) {
        return joined(lines, "\n", "\n-- and ");
    }

    private static String joined(Collection<?> names, String separator, String beforeTheRest) {
        String shown = names.stream().limit(SHOWN).map(Object::toString).collect(Collectors.joining(separator));
        return names.size() <= SHOWN ? shown : shown + beforeTheRest + (names.size() - SHOWN) + " more";
    }

    /** {@code 1 table}, {@code 2 tables}. */
    static String count(long number, String singular) {
        return count(number, singular, singular + "s");
    }

    static String count(long number, String singular, String plural) {
        return String.format(Locale.ROOT, "%,d %s", number, number == 1 ? singular : plural);
    }

    static String bytes(long bytes) {
        if (bytes < 1000) {
            return bytes + " bytes";
        }
        double value = bytes;
        String unit = "";
        for (String next : new String[] {"kB", "MB", "GB", "TB"}) {
            if (value < 1000) {
                break;
            }
            value /= 1000;
            unit = next;
        }
        return String.format(Locale.ROOT, value < 10 ? "%.1f %s" : "%.0f %s", value, unit);
    }
}
