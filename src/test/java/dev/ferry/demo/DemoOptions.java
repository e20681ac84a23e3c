package dev.ferry.demo;

import java.util.Iterator;
import java.util.List;

/**
 * What {@code bin/demo} can be told.
 *
 * @param port of the dashboard; 0 is any free one
 * @param rows of the shop, about
 * @param targetVersion major version of the server that plays PlanetScale
 * @param transactionsPerSecond of the shop's app; 0 is no traffic
 * @param follow whether the app goes to PlanetScale by itself once Ferry says that it is safe, without Enter
 */
record DemoOptions(int port, int rows, int targetVersion, int transactionsPerSecond, boolean follow) {
    static final DemoOptions DEFAULT = new DemoOptions(8080, 400_000, 17, 40, false);

    static final String USAGE = """
            usage: bin/demo [options]

              --port N            the dashboard's port (8080; 0: any free one)
              --rows N            about how many rows the shop has (400000)
              --rate N            transactions a second that the shop's app writes (40)
              --no-traffic        nobody writes
              --target-version N  PostgreSQL version of the server that plays PlanetScale (16, 17 or 18; 17)
              --follow            the app goes to PlanetScale by itself once Ferry says that it is safe
              --help              this page
            """;

    /** @throws IllegalArgumentException with a message for people */
    static DemoOptions parse(List<String> arguments) {
        DemoOptions options = DEFAULT;
        Iterator<String> rest = arguments.iterator();
        while (rest.hasNext()) {
            String option = rest.next();
            options = switch (option) {
                case "--port" -> options.withPort(number(option, rest, 0, 65_535));
                case "--rows" -> options.withRows(number(option, rest, 1_000, 50_000_000));
                case "--rate" -> options.withTransactionsPerSecond(number(option, rest, 1, 10_000));
                case "--no-traffic" -> options.withTransactionsPerSecond(0);
                case "--target-version" -> options.withTargetVersion(number(option, rest, 16, 18));
                case "--follow" -> options.withFollow();
                default -> throw new IllegalArgumentException("unknown option " + option);
            };
        }
        return options;
    }

    private static int number(String option, Iterator<String> rest, int least, int greatest) {
        String text = rest.hasNext() ? rest.next() : "";
        if (!text.matches("[0-9]{1,9}") || Integer.parseInt(text) < least || Integer.parseInt(text) > greatest) {
            throw new IllegalArgumentException(
                    "%s wants a number from %d to %d, not '%s'".formatted(option, least, greatest, text));
        }
        return Integer.parseInt(text);
    }

    DemoOptions withPort(int newPort) {
        return new DemoOptions(newPort, rows, targetVersion, transactionsPerSecond, follow);
    }

    DemoOptions withRows(int newRows) {
        return new DemoOptions(port, newRows, targetVersion, transactionsPerSecond, follow);
    }

    DemoOptions withTargetVersion(int version) {
        return new DemoOptions(port, rows, version, transactionsPerSecond, follow);
    }

    DemoOptions withTransactionsPerSecond(int rate) {
        return new DemoOptions(port, rows, targetVersion, rate, follow);
    }

    DemoOptions withFollow() {
        return new DemoOptions(port, rows, targetVersion, transactionsPerSecond, true);
    }
}
