package dev.ferry.verification;

import dev.ferry.schema.HeldBack;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Which of two ends' differences are ones, at a moment of the migration; and how people are told. */
final class DefinitionRules {
    private static final String MISSING = "missing on the target";
    private static final String SURPLUS = "on the target only";
    private static final String DEFAULT = "DEFAULT";
    private static final int TOLD_LENGTH = 120;
    /** May hold secrets; only that they differ is told. */
    private static final Set<String> NOT_TOLD = Set.of("body", "query", "options");

    private static final Map<String, String> STATES =
            Map.of("O", "enabled", "D", "disabled", "R", "enabled as REPLICA", "A", "enabled as ALWAYS");

    /** Two texts of one attribute. */
    record Texts(Definition definition, String attribute, String here, String there) {}

    private final HeldBack heldBack;
    private final Moment moment;
    /** Schema and tag of the objects that the restore left out, whatever their type. */
    private final Map<String, Set<String>> leftOut = new HashMap<>();

    /** Of what it left out that are no objects of their own. */
    private final List<HeldBack.LeftOut> leftOutComments;

    DefinitionRules(HeldBack heldBack, Moment moment) {
        this.heldBack = heldBack;
        this.moment = moment;
        heldBack.leftOut().stream()
                .filter(entry ->
                        !entry.type().equals("COMMENT") && !entry.type().equals(DEFAULT))
                .forEach(entry -> leftOut.computeIfAbsent(entry.schema(), schema -> new HashSet<>())
                        .add(entry.tag()));
        this.leftOutComments = heldBack.leftOut().stream()
                .filter(entry -> entry.type().equals("COMMENT"))
                .toList();
    }

    private boolean beforeSwitch() {
        return moment == Moment.BEFORE_SWITCH;
    }

    private boolean isLeftOut(Definition definition) {
        return leftOut.getOrDefault(definition.schema(), Set.of()).contains(asListed(definition.tag()));
    }

    private static String asListed(String tag) {
        return tag.replace('\n', ' ').replace('\r', ' ');
    }

    private static boolean isForeignKey(Definition definition) {
        return definition.kind().equals("constraint") && definition.is("kind", "foreign key");
    }

    /** A foreign key that is to be absent until the switch, because rows are applied while it would act. */
    private boolean foreignKeyToCome(Definition definition) {
        return beforeSwitch() && heldBack.foreignKeys() && isForeignKey(definition);
    }

    private boolean checkToCome(Definition definition) {
        return beforeSwitch()
                && heldBack.checks()
                && definition.kind().equals("constraint")
                && definition.is("kind", "check")
                && definition.is("validity", "NOT VALID");
    }

    /** An index that is not valid on the source (a CREATE INDEX CONCURRENTLY that failed or goes on) is not dumped. */
    boolean isIgnored(Definition definition) {
        return isLeftOut(definition) || (definition.kind().equals("index") && definition.is("validity", "invalid"));
    }

    /** What to say of an object that only the source has; nothing if that is as it should be. */
    Optional<String> missing(Definition definition) {
        if (isIgnored(definition) || foreignKeyToCome(definition) || checkToCome(definition)) {
            return Optional.empty();
        }
        if (moment == Moment.VALIDATING_FOREIGN_KEYS
                && isForeignKey(definition)
                && heldBack.foreignKeys()
                && definition.is("place", "partitioned")) {
            return Optional.empty(); // before version 18 the leaves have it first, and it comes last
        }
        return Optional.of(MISSING);
    }

    /** The same for an object that only the target has. */
    Optional<String> surplus(Definition found) {
        boolean acts = found.disabledUntilSwitch() && beforeSwitch() && !found.is("state", "disabled");
        return Optional.of(acts ? SURPLUS + ", where it acts on what is applied" : SURPLUS);
    }

    /**
     * What to say of an object that both ends have; empty if it is as it should be.
     *
     * @param texts takes what differs and may mean the same, see {@link Reprint}
     */
    List<String> differences(Definition definition, Definition found, Consumer<Texts> texts) {
        List<String> told = new ArrayList<>();
        if (isIgnored(definition)) {
            return told;
        }
        if (foreignKeyToCome(definition) || checkToCome(definition)) {
            told.add("it is on the target already, though only the switch may make it there");
            return told;
        }
        for (String attribute : definition.attributes()) {
            String here = definition.value(attribute);
            String there = found.value(attribute);
            if (attribute.equals("state") && definition.disabledUntilSwitch() && beforeSwitch()) {
                told.addAll(stateBeforeSwitch(definition, found));
            } else if (!Objects.equals(here, there) && !isExpected(definition, found, attribute, here, there)) {
                if (here != null && there != null && Reprint.mayBeAlike(definition, attribute)) {
                    texts.accept(new Texts(definition, attribute, here, there));
                } else {
                    told.add(difference(attribute, here, there));
                }
            }
        }
        return told;
    }

    private List<String> stateBeforeSwitch(Definition definition, Definition found) {
        List<String> told = new ArrayList<>();
        if (!found.is("state", "disabled")) {
            told.add("it is " + found.value("state") + " on the target, where it is to be disabled until the switch");
        }
        String kept = heldBack.states()
                .get(new HeldBack.Acting(
                        definition.kind().toUpperCase(java.util.Locale.ROOT),
                        definition.schema(),
                        Objects.requireNonNull(definition.table()).name(),
                        definition.tag().substring(definition.table().name().length() + 1)));
        String wanted = definition.value("state");
        if (kept == null) {
            told.add("the switch does not know of it and will leave it as it is on the target");
        } else if (!Objects.equals(STATES.get(kept), wanted)) {
            told.add("it is " + wanted + " on the source, and the switch will make it " + STATES.get(kept));
        }
        return told;
    }

    private boolean isExpected(
            Definition definition, Definition found, String attribute, @Nullable String here, @Nullable String there) {
        return switch (attribute) {
            case "content" -> beforeSwitch(); // materialized views are filled during the switch
            case "validity" ->
                moment == Moment.VALIDATING_FOREIGN_KEYS && isForeignKey(definition) && heldBack.foreignKeys();
            case "comment" ->
                there == null
                        && ((isForeignKey(definition) && moment == Moment.VALIDATING_FOREIGN_KEYS)
                                || commentLeftOut(definition));
            case "storage" -> !Objects.equals(definition.value("type"), found.value("type"));
            // One that is missing or surplus is told by itself.
            case "column order" -> !sameNames(here, there);
            case "NOT NULL" ->
                beforeSwitch() && heldBack.checks() && Objects.equals(here, "NOT VALID") && Objects.equals(there, "no");
            case "default" ->
                there == null
                        && heldBack.leftOut()
                                .contains(
                                        new HeldBack.LeftOut(DEFAULT, definition.schema(), asListed(definition.tag())));
            case "schema" -> heldBack.foundThere().contains(new HeldBack.LeftOut("EXTENSION", "", definition.tag()));
            default -> false;
        };
    }

    private boolean commentLeftOut(Definition definition) {
        String name = asListed(definition.tag());
        String last = name.substring(name.lastIndexOf(' ') + 1);
        return leftOutComments.stream()
                .anyMatch(entry -> entry.schema().equals(definition.schema())
                        && entry.tag().contains(last));
    }

    private static boolean sameNames(@Nullable String here, @Nullable String there) {
        return here != null
                && there != null
                && new HashSet<>(Arrays.asList(here.split(", ", -1)))
                        .equals(new HashSet<>(Arrays.asList(there.split(", ", -1))));
    }

    static String difference(String attribute, @Nullable String here, @Nullable String there) {
        if (NOT_TOLD.contains(attribute)) {
            return "its " + attribute + " is not the same at both ends";
        }
        return "its " + attribute + " is " + excerpt(here, there) + " on the source, " + excerpt(there, here)
                + " on the target";
    }

    /** The value, or of a long one the part in which it differs from the other. */
    private static String excerpt(@Nullable String value, @Nullable String other) {
        if (value == null) {
            return "none";
        }
        int from = 0;
        if (value.length() > TOLD_LENGTH && other != null) {
            int same = 0;
            while (same < Math.min(value.length(), other.length()) && value.charAt(same) == other.charAt(same)) {
                same++;
            }
            from = Math.max(0, Math.min(same - TOLD_LENGTH / 2, value.length() - TOLD_LENGTH));
        }
        int to = Math.min(value.length(), from + TOLD_LENGTH);
        return (from > 0 ? "... " : "")
                + value.substring(from, to).replaceAll("\\s+", " ")
                + (to < value.length() ? " ..." : "");
    }
}
