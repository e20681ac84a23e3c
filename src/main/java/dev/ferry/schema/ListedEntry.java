package dev.ferry.schema;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of {@code pg_restore --list --verbose}.
 *
 * @param catalog oid of the catalog that holds the object, at the source
 * @param oid of the object, at the source; 0 for what is no object of its own
 * @param description type, schema, tag and owner, with a space between them; any of the last three may hold spaces, and
 *     line ends in names are written as spaces
 * @param dependsOn dump ids
 */
record ListedEntry(int dumpId, long catalog, long oid, String description, Set<Integer> dependsOn, String line) {
    private static final Pattern ENTRY = Pattern.compile("(\\d+); (\\d+) (\\d+) (.*)");
    private static final Pattern DEPENDENCIES = Pattern.compile(";\\s+depends on:([ \\d]*)");

    /** Reads the whole list. */
    static List<ListedEntry> parse(String list) {
        List<ListedEntry> entries = new ArrayList<>();
        for (String line : list.split("\n")) {
            Matcher dependencies = DEPENDENCIES.matcher(line);
            if (dependencies.matches() && !entries.isEmpty()) {
                for (String id : dependencies.group(1).strip().split(" ")) {
                    if (!id.isEmpty()) {
                        entries.get(entries.size() - 1).dependsOn.add(Integer.valueOf(id));
                    }
                }
                continue;
            }
            Matcher entry = ENTRY.matcher(line);
            if (entry.matches()) {
                entries.add(new ListedEntry(
                        Integer.parseInt(entry.group(1)),
                        Long.parseLong(entry.group(2)),
                        Long.parseLong(entry.group(3)),
                        entry.group(4),
                        new LinkedHashSet<>(),
                        line));
            }
        }
        return entries;
    }

    boolean isA(String type) {
        return description.startsWith(type + " ");
    }

    /** The line that stands above its SQL in a verbose script. */
    String header() {
        return "-- TOC entry " + dumpId + " (class " + catalog + " OID " + oid + ")";
    }
}
