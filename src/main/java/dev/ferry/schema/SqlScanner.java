package dev.ferry.schema;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Knows, character by character, whether SQL text is inside a string, a quoted name, a dollar-quoted body or a comment.
 * Only what stands outside of them all can be structure; without this, a function's body could pass for it. The text is
 * pg_dump's: standard_conforming_strings is on.
 */
final class SqlScanner {
    private enum Inside {
        NOTHING,
        STRING,
        ESCAPE_STRING,
        NAME,
        BODY,
        COMMENT
    }

    private Inside inside = Inside.NOTHING;
    private String bodyTag = "";
    private int commentDepth;
    private int parentheses;

    /** Nothing is open: no string, name, body, comment. */
    boolean atTopLevel() {
        return inside == Inside.NOTHING;
    }

    /** Reads whole lines, with their ends. */
    void read(String text) {
        int i = 0;
        while (i < text.length()) {
            i = step(text, i);
        }
    }

    /** The text without what is in strings, quoted names, bodies and comments. */
    static String structure(String text) {
        SqlScanner scanner = new SqlScanner();
        StringBuilder structure = new StringBuilder();
        int i = 0;
        while (i < text.length()) {
            boolean outside = scanner.atTopLevel();
            int next = scanner.step(text, i);
            if (outside && scanner.atTopLevel()) {
                structure.append(text, i, next);
            }
            i = next;
        }
        return structure.toString();
    }

    /** Statements by the semicolons that stand outside of everything, parentheses included. */
    static List<String> statements(String text) {
        SqlScanner scanner = new SqlScanner();
        List<String> statements = new ArrayList<>();
        int start = 0;
        int i = 0;
        while (i < text.length()) {
            boolean ends = scanner.atTopLevel() && scanner.parentheses == 0 && text.charAt(i) == ';';
            i = scanner.step(text, i);
            if (ends) {
                statements.add(text.substring(start, i).strip());
                start = i;
            }
        }
        String rest = text.substring(start).strip();
        if (!rest.isEmpty()) {
            statements.add(rest);
        }
        return statements;
    }

    /** Reads one character, or a token that opens or closes something; returns the index behind it. */
    private int step(String text, int i) {
        char c = text.charAt(i);
        switch (inside) {
            case STRING -> {
                if (c == '\'') {
                    inside = Inside.NOTHING; // a doubled quote opens the string again at once
                }
                return i + 1;
            }
            case ESCAPE_STRING -> {
                if (c == '\\') {
                    return Math.min(i + 2, text.length());
                }
                if (c == '\'') {
                    if (text.startsWith("''", i)) {
                        return i + 2; // it would open again as a string without escapes
                    }
                    inside = Inside.NOTHING;
                }
                return i + 1;
            }
            case NAME -> {
                if (c == '"') {
                    inside = Inside.NOTHING;
                }
                return i + 1;
            }
            case BODY -> {
                if (c == '$' && text.startsWith(bodyTag, i)) {
                    inside = Inside.NOTHING;
                    return i + bodyTag.length();
                }
                return i + 1;
            }
            case COMMENT -> {
                if (text.startsWith("/*", i)) {
                    commentDepth++;
                    return i + 2;
                }
                if (text.startsWith("*/", i)) {
                    if (--commentDepth == 0) {
                        inside = Inside.NOTHING;
                    }
                    return i + 2;
                }
                return i + 1;
            }
            case NOTHING -> {
                return open(text, i, c);
            }
        }
        throw new IllegalStateException("unreachable");
    }

    private int open(String text, int i, char c) {
        switch (c) {
            case '\'' ->
                inside = i > 0 && (text.charAt(i - 1) == 'E' || text.charAt(i - 1) == 'e') && !isNamePart(text, i - 2)
                        ? Inside.ESCAPE_STRING
                        : Inside.STRING;
            case '"' -> inside = Inside.NAME;
            case '(' -> parentheses++;
            case ')' -> parentheses--;
            case '$' -> {
                String tag = isNamePart(text, i - 1) ? null : dollarTag(text, i);
                if (tag != null) {
                    inside = Inside.BODY;
                    bodyTag = tag;
                    return i + tag.length();
                }
            }
            case '-' -> {
                if (text.startsWith("--", i)) {
                    int end = text.indexOf('\n', i);
                    return end < 0 ? text.length() : end + 1;
                }
            }
            case '/' -> {
                if (text.startsWith("/*", i)) {
                    inside = Inside.COMMENT;
                    commentDepth = 1;
                    return i + 2;
                }
            }
            default -> {}
        }
        return i + 1;
    }

    private static @Nullable String dollarTag(String text, int start) {
        for (int i = start + 1; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '$') {
                return text.substring(start, i + 1);
            }
            boolean digitFirst = i == start + 1 && c >= '0' && c <= '9';
            if (digitFirst || !isNamePart(text, i)) {
                return null;
            }
        }
        return null;
    }

    private static boolean isNamePart(String text, int i) {
        if (i < 0) {
            return false;
        }
        char c = text.charAt(i);
        return (c >= 'a' && c <= 'z')
                || (c >= 'A' && c <= 'Z')
                || (c >= '0' && c <= '9')
                || c == '_'
                || c == '$'
                || c >= 0x80;
    }
}
