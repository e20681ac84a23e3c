package dev.ferry.web;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A piece of a remedy: prose, or statements and commands to copy. A line is taken for code if it begins like SQL or a
 * shell command, or is indented, or goes on with a statement that no semicolon has ended.
 */
record Passage(boolean code, String text) {
    private static final Pattern STATEMENT = Pattern.compile(
            "(CREATE|ALTER|DROP|GRANT|REVOKE|SELECT|DELETE|UPDATE|INSERT|SET|TRUNCATE|VACUUM|COMMIT|ROLLBACK|REINDEX|WITH|DO|"
                    + "BEGIN|LOCK|heroku|pg_dump|psql|apt|apt-get|sudo)\\s.*|--\\s.*");
    private static final Pattern SENTENCE_WITH_SQL = Pattern.compile(
            "(.*?:)\\s+((?:CREATE|ALTER|DROP|GRANT|REVOKE|SELECT|DELETE|COMMIT|ROLLBACK)\\s.*?;)(?=\\s|$)(.*)");

    static List<Passage> split(String remedy) {
        List<Passage> passages = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        boolean code = false;
        boolean open = false;
        for (String raw : apart(remedy)) {
            String line = raw.strip();
            boolean isCode = open
                    || (!line.isEmpty()
                            && (raw.startsWith("    ")
                                    || STATEMENT.matcher(line).matches()));
            open = isCode && isOpen(line, open);
            if (isCode != code && !text.isEmpty()) {
                passages.add(new Passage(code, text.toString().strip()));
                text.setLength(0);
            }
            code = isCode;
            text.append(text.isEmpty() ? "" : "\n").append(isCode ? raw.stripTrailing() : line);
        }
        if (!text.toString().isBlank()) {
            passages.add(new Passage(code, text.toString().strip()));
        }
        passages.removeIf(passage -> passage.text().isEmpty());
        return passages;
    }

    private static boolean isOpen(String line, boolean open) {
        boolean sql = open || line.matches("(CREATE|ALTER|GRANT|REVOKE|SELECT|DELETE|UPDATE|INSERT|WITH)\\s.*");
        return sql && !line.endsWith(";") && !line.isEmpty();
    }

    private static List<String> apart(String remedy) {
        List<String> lines = new ArrayList<>();
        for (String line : remedy.split("\n", -1)) {
            String rest = line;
            Matcher match = SENTENCE_WITH_SQL.matcher(rest);
            while (match.matches()) {
                lines.add(match.group(1));
                lines.add(match.group(2));
                rest = match.group(3).strip();
                match = SENTENCE_WITH_SQL.matcher(rest);
            }
            lines.add(rest);
        }
        return lines;
    }
}
