package dev.ferry.converge;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.ferry.testing.PostgresServer;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.slf4j.LoggerFactory;

/**
 * Round after round, until one fails. Round i of seed s is round 0 of seed s + i, so that a failing one can be run alone.
 * Run by {@code bin/converge}.
 */
public final class Converge {
    private long rounds;
    private long statements;
    private long compared;
    private final Map<String, Integer> events = new TreeMap<>();

    private final PostgresServer source = PostgresServer.shared(15);
    private final PostgresServer target = PostgresServer.shared(17);

    public static void main(String[] arguments) {
        long rounds = Long.MAX_VALUE;
        long minutes = Long.MAX_VALUE;
        long seed = System.nanoTime() % 1_000_000_000;
        boolean same = false;
        for (int i = 0; i < arguments.length; i++) {
            switch (arguments[i]) {
                case "--rounds" -> rounds = Long.parseLong(arguments[++i]);
                case "--minutes" -> minutes = Long.parseLong(arguments[++i]);
                case "--seed" -> seed = Long.parseLong(arguments[++i]);
                case "--same" -> same = true;
                default -> {
                    System.err.println("""
                            usage: bin/converge [--rounds N] [--seed S] [--minutes M] [--same]
                            ends with whichever of rounds and minutes comes first; --same runs the seed's first round each time""");
                    System.exit(2);
                }
            }
        }
        quiet();
        System.exit(new Converge().run(seed, rounds, minutes, same) ? 0 : 1);
    }

    /** Thousands of rounds' logs help nobody; a failing round tells what Ferry said. */
    static void quiet() {
        ((Logger) LoggerFactory.getLogger(Logger.ROOT_LOGGER_NAME)).setLevel(Level.OFF);
    }

    private boolean run(long seed, long limit, long minutes, boolean same) {
        long end = minutes == Long.MAX_VALUE ? Long.MAX_VALUE : System.nanoTime() + minutes * 60_000_000_000L;
        say("seed %d", seed);
        for (; rounds < limit && System.nanoTime() < end; rounds++) {
            long now = same ? seed : seed + rounds;
            try {
                add(Round.run(now, source, target));
            } catch (AssertionError e) {
                e.printStackTrace(System.out);
                report("FAILED");
                say("again: bin/converge --rounds 1 --seed %d", now);
                return false;
            }
            if (rounds % 50 == 49) {
                report("so far");
            }
        }
        report("all equal");
        return true;
    }

    void add(Round.Result result) {
        statements += result.statements();
        compared += result.compared();
        result.events().forEach((event, count) -> events.merge(event, count, Integer::sum));
    }

    private void report(String verdict) {
        say("%s: %d rounds, %d statements, %d rows compared; %s", verdict, rounds, statements, compared, events);
    }

    private static void say(String format, Object... values) {
        System.out.println(String.format(Locale.ROOT, format, values));
    }
}
