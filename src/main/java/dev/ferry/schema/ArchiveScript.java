package dev.ferry.schema;

import dev.ferry.failure.FailureCode;
import dev.ferry.failure.FerryException;
import java.io.IOException;
import java.io.Reader;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The script that {@code pg_restore --verbose --clean --if-exists} prints, taken apart into what it was made from. An entry
 * begins at a comment that bears its number and the oids of the list, in the list's order, outside of any string, name or
 * function body. So no text that a database can hold is ever taken for a beginning.
 *
 * @param drops the DROP statements, which pg_restore prints first, last entry first
 */
record ArchiveScript(List<String> drops, List<Part> parts) {
    private static final String NAME = "-- Name: ";
    private static final String TYPE = "; Type: ";
    private static final String SCHEMA = "; Schema: ";
    private static final String OWNER = "; Owner: ";

    /**
     * One entry.
     *
     * @param schema null for what is in none; for people, as is the tag: line ends in names are spaces here
     */
    record Part(ListedEntry listed, String type, @Nullable String schema, String tag, String sql) {}

    /**
     * Reads a script made with exactly these entries in this order.
     *
     * @throws FerryException with code DUMP when the text is not what this class knows
     */
    static ArchiveScript read(Reader script, List<ListedEntry> entries) throws IOException {
        List<Part> parts = new ArrayList<>(entries.size());
        StringBuilder text = new StringBuilder();
        SqlScanner scanner = new SqlScanner();
        Lines lines = new Lines(script);
        List<String> drops = List.of();
        String name = null;
        for (String line = lines.next(); line != null; line = lines.next()) {
            if (!scanner.atTopLevel()) {
                scanner.read(line);
                text.append(line);
                continue;
            }
            int current = name == null ? -1 : parts.size();
            if (current + 1 < entries.size()
                    && line.strip().equals(entries.get(current + 1).header())) {
                if (name == null) {
                    drops = dropStatements(text);
                } else {
                    parts.add(part(entries.get(current), name, text));
                }
                text.setLength(0);
                name = nameLine(lines, entries.get(current + 1));
                continue;
            }
            if (line.startsWith("--") || line.startsWith("\\")) {
                continue; // a comment of pg_restore's, or a command to psql
            }
            scanner.read(line);
            text.append(line);
        }
        if (name != null) {
            parts.add(part(entries.get(parts.size()), name, text));
        } else {
            drops = dropStatements(text);
        }
        if (parts.size() != entries.size() || !scanner.atTopLevel()) {
            throw notUnderstood("it lists " + entries.size() + " entries and prints " + parts.size());
        }
        return new ArchiveScript(drops, List.copyOf(parts));
    }

    private static String nameLine(Lines lines, ListedEntry entry) throws IOException {
        for (String line = lines.next(); line != null; line = lines.next()) {
            if (line.startsWith(NAME)) {
                return line.strip();
            }
            if (!line.startsWith("--")) {
                break;
            }
        }
        throw notUnderstood("entry " + entry.dumpId() + " has no name");
    }

    private static List<String> dropStatements(CharSequence preamble) {
        return SqlScanner.statements(preamble.toString()).stream()
                .filter(statement ->
                        !statement.startsWith("SET ") && !statement.startsWith("SELECT pg_catalog.set_config("))
                .toList();
    }

    /** Names may hold the very words between them: only the reading that gives the list's line back is right. */
    private static Part part(ListedEntry entry, String nameLine, CharSequence text) {
        int owner = nameLine.lastIndexOf(OWNER);
        for (int type = nameLine.indexOf(TYPE); type >= 0; type = nameLine.indexOf(TYPE, type + 1)) {
            for (int schema = nameLine.indexOf(SCHEMA, type);
                    schema >= 0 && schema < owner;
                    schema = nameLine.indexOf(SCHEMA, schema + 1)) {
                String tag = nameLine.substring(NAME.length(), type);
                String typeName = nameLine.substring(type + TYPE.length(), schema);
                String schemaName = nameLine.substring(schema + SCHEMA.length(), owner);
                if (entry.description().startsWith(typeName + " " + schemaName + " " + tag + " ")) {
                    return new Part(
                            entry,
                            typeName,
                            schemaName.equals("-") ? null : schemaName,
                            tag,
                            text.toString().strip());
                }
            }
        }
        throw notUnderstood("entry " + entry.dumpId() + " has another name in the list");
    }

    private static FerryException notUnderstood(String what) {
        return new FerryException(
                FailureCode.DUMP,
                "What pg_restore prints cannot be understood: " + what + ".",
                "Install PostgreSQL's client programs in version 15, 16, 17 or 18, then press Retry.");
    }

    /** Lines with their ends: a function's body keeps its carriage returns. */
    private static final class Lines {
        private final Reader reader;

        Lines(Reader reader) {
            this.reader = reader;
        }

        @Nullable String next() throws IOException {
            StringBuilder line = new StringBuilder();
            for (int c = reader.read(); c >= 0; c = reader.read()) {
                line.append((char) c);
                if (c == '\n') {
                    break;
                }
            }
            return line.isEmpty() ? null : line.toString();
        }
    }
}
