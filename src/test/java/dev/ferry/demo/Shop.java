package dev.ferry.demo;

import dev.ferry.testing.TestDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;

/**
 * The database of a web shop: fifteen tables in two schemas, with what Rails apps have (a join table without primary key,
 * updated_at triggers, citext, jsonb, arrays, an enum, uuid keys, generated and identity columns, cascading foreign keys).
 */
public final class Shop {
    /** Every table, in an order in which parents come before children. */
    public static final List<String> TABLES = List.of(
            "public.schema_migrations",
            "public.customers",
            "public.addresses",
            "public.categories",
            "public.tags",
            "public.products",
            "public.products_tags",
            "public.orders",
            "public.order_items",
            "public.payments",
            "public.reviews",
            "public.inventory_movements",
            "public.sessions",
            "analytics.events",
            "analytics.daily_sales");

    private Shop() {}

    /**
     * Creates and fills the shop in an empty database, as its owner.
     *
     * @param rows about how many rows there shall be in all tables together
     */
    public static void create(TestDatabase database, int rows) {
        database.run(script("shop-schema.sql"));
        database.run("SET shop.rows = " + rows + ";\n" + script("shop-rows.sql"));
        database.run(script("shop-indexes.sql"));
        database.run("ANALYZE");
    }

    /** Rows in all tables together, counted. */
    public static long rows(TestDatabase database) {
        return TABLES.stream()
                .mapToLong(table -> database.count("SELECT count(*) FROM " + table))
                .sum();
    }

    private static String script(String name) {
        try (InputStream script = Shop.class.getResourceAsStream(name)) {
            return new String(Objects.requireNonNull(script, name).readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
