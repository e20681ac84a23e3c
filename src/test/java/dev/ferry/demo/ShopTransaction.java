package dev.ferry.demo;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/** What happens in a shop, each as one transaction on a connection without autocommit. The caller commits. */
enum ShopTransaction {
    PLACE_ORDER(30) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            Long customer = anyId(connection, random, "customers");
            if (customer == null) {
                return;
            }
            long order = number(connection, """
                    INSERT INTO orders (number, customer_id, shipping_address_id, metadata)
                    SELECT 'F' || lpad(nextval('orders_id_seq')::text, 9, '0'), ?, min(id), '{"source": "demo"}'
                      FROM addresses
                     WHERE customer_id = ?
                    RETURNING id""", customer, customer);
            // Products in the order of their ids, so that two orders do not wait for each other's stock in a circle.
            update(
                    connection,
                    """
                    INSERT INTO order_items (order_id, product_id, quantity, unit_price)
                    SELECT ?, id, ?, price FROM products WHERE id >= ? ORDER BY id LIMIT ?""",
                    order,
                    1 + random.nextInt(3),
                    1 + random.nextInt((int) greatestId(connection, "products")),
                    1 + random.nextInt(4));
            update(connection, """
                    WITH sold AS MATERIALIZED (
                      SELECT p.id, i.quantity
                        FROM products AS p
                        JOIN order_items AS i ON i.product_id = p.id
                       WHERE i.order_id = ?
                       ORDER BY p.id
                         FOR NO KEY UPDATE OF p)
                    UPDATE products AS p SET stock = stock - sold.quantity FROM sold WHERE p.id = sold.id""", order);
            update(connection, """
                    INSERT INTO inventory_movements (product_id, order_id, change, reason)
                    SELECT product_id, order_id, -quantity, 'sale' FROM order_items WHERE order_id = ?""", order);
            update(connection, """
                    UPDATE orders SET total = (SELECT coalesce(sum(total), 0) FROM order_items WHERE order_id = ?)
                     WHERE id = ?""", order, order);
            update(connection, """
                    INSERT INTO analytics.daily_sales AS s (day, category_id, items, revenue)
                    SELECT current_date, p.category_id, sum(i.quantity), sum(i.total)
                      FROM order_items AS i
                      JOIN products AS p ON p.id = i.product_id
                     WHERE i.order_id = ?
                     GROUP BY p.category_id
                     ORDER BY p.category_id
                    ON CONFLICT (day, category_id)
                    DO UPDATE SET items = s.items + excluded.items, revenue = s.revenue + excluded.revenue""", order);
        }
    },

    PAY(20) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            update(
                    connection,
                    """
                    WITH paid AS (
                      UPDATE orders SET status = 'paid'
                       WHERE id = (SELECT id FROM orders WHERE status = 'placed'
                                    ORDER BY id OFFSET ? LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)
                      RETURNING id, total)
                    INSERT INTO payments (order_id, provider, reference, amount)
                    SELECT id, ?, decode(?, 'hex'), total FROM paid""",
                    random.nextInt(20),
                    random.nextBoolean() ? "card" : "paypal",
                    "%016x".formatted(random.nextLong()));
        }
    },

    SHIP(14) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            update(connection, """
                    UPDATE orders SET status = 'shipped', shipped_at = now()
                     WHERE id = (SELECT id FROM orders WHERE status = 'paid'
                                  ORDER BY id OFFSET ? LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)""", random.nextInt(20));
        }
    },

    DELIVER(10) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            update(connection, """
                    UPDATE orders SET status = 'delivered', metadata = metadata || '{"delivered": true}'
                     WHERE id = (SELECT id FROM orders WHERE status = 'shipped'
                                  ORDER BY id OFFSET ? LIMIT 1 FOR NO KEY UPDATE SKIP LOCKED)""", random.nextInt(20));
        }
    },

    REVIEW(8) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            Long customer = anyId(connection, random, "customers");
            Long product = anyId(connection, random, "products");
            if (customer == null || product == null) {
                return;
            }
            int changed = update(connection, """
                    UPDATE reviews SET helpful = helpful + 1
                     WHERE id = (SELECT id FROM reviews WHERE product_id = ? LIMIT 1)""", product);
            if (changed == 0 || random.nextBoolean()) {
                update(
                        connection,
                        "INSERT INTO reviews (product_id, customer_id, rating, body) VALUES (?, ?, ?, ?)",
                        product,
                        customer,
                        1 + random.nextInt(5),
                        "Exactly as described. ☃ ".repeat(1 + random.nextInt(8)));
            }
        }
    },

    RESTOCK(8) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            Long product = anyId(connection, random, "products");
            if (product == null) {
                return;
            }
            int pieces = 5 + random.nextInt(40);
            update(connection, "UPDATE products SET stock = stock + ? WHERE id = ?", pieces, product);
            update(
                    connection,
                    "INSERT INTO inventory_movements (product_id, change, reason) VALUES (?, ?, 'restock')",
                    product,
                    pieces);
        }
    },

    SIGN_UP(8) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            long customer = number(connection, """
                    INSERT INTO customers (email, name, password_digest)
                    VALUES (gen_random_uuid() || '@Example.com', 'Zoë Newman', 'none')
                    RETURNING id""");
            update(connection, """
                    INSERT INTO addresses (customer_id, street, postcode, city, country)
                    VALUES (?, '1 New Street', '10115', 'Berlin', 'DE')""", customer);
        }
    },

    EDIT_PROFILE(6) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            Long customer = anyId(connection, random, "customers");
            if (customer == null) {
                return;
            }
            // Changes nothing but the case, which citext takes for equal and the app's users do not.
            update(connection, """
                    UPDATE customers
                       SET email = CASE WHEN email::text = lower(email::text) THEN upper(email::text) ELSE lower(email::text) END,
                           preferences = preferences || '{"edited": true}',
                           tags = array_append(tags[1:3], 'edited')
                     WHERE id = ?""", customer);
        }
    },

    BROWSE(12) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            update(
                    connection,
                    "INSERT INTO analytics.events (name, properties) VALUES ('product_viewed', jsonb_build_object('ms', ?))",
                    random.nextInt(900));
            update(
                    connection,
                    "INSERT INTO sessions (data, expires_at) VALUES (?, now() + interval '14 days')",
                    "x".repeat(20 + random.nextInt(400)));
            update(connection, """
                    DELETE FROM sessions
                     WHERE id IN (SELECT id FROM sessions ORDER BY expires_at LIMIT 1 FOR UPDATE SKIP LOCKED)""");
        }
    },

    /** Deletes an order; its items and payments go by cascade, stock movements forget it. */
    CANCEL(3) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            update(connection, """
                    DELETE FROM orders
                     WHERE id = (SELECT id FROM orders WHERE status = 'placed'
                                  ORDER BY id DESC OFFSET ? LIMIT 1 FOR UPDATE SKIP LOCKED)""", random.nextInt(40));
        }
    },

    /** Deletes a customer without orders; addresses, reviews and sessions go by cascade. */
    FORGET_CUSTOMER(2) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            Long customer = anyId(connection, random, "customers");
            if (customer != null) {
                update(connection, """
                        DELETE FROM customers AS c
                         WHERE id = ? AND NOT EXISTS (SELECT FROM orders WHERE customer_id = c.id)""", customer);
            }
        }
    },

    /** Changes a key that no primary key guards: one tag of a product becomes another. */
    RETAG(5) {
        @Override
        void run(Connection connection, Random random) throws SQLException {
            Long product = anyId(connection, random, "products");
            if (product != null) {
                int tag = 1 + random.nextInt(60);
                update(connection, """
                        UPDATE products_tags SET tag_id = ?
                         WHERE product_id = ?
                           AND tag_id = (SELECT min(tag_id) FROM products_tags WHERE product_id = ?)
                           AND NOT EXISTS (SELECT FROM products_tags WHERE product_id = ? AND tag_id = ?)""", tag, product, product, product, tag);
            }
        }
    };

    private static final int TOTAL_WEIGHT = totalWeight();

    private final int weight;

    ShopTransaction(int weight) {
        this.weight = weight;
    }

    abstract void run(Connection connection, Random random) throws SQLException;

    /** The next thing that happens: each kind as often as its weight says. */
    static ShopTransaction any(Random random) {
        int ticket = random.nextInt(TOTAL_WEIGHT);
        for (ShopTransaction transaction : values()) {
            ticket -= transaction.weight;
            if (ticket < 0) {
                return transaction;
            }
        }
        throw new AssertionError("weights do not sum up");
    }

    private static int totalWeight() {
        int total = 0;
        for (ShopTransaction transaction : values()) {
            total += transaction.weight;
        }
        return total;
    }

    private static long greatestId(Connection connection, String table) throws SQLException {
        return number(connection, "SELECT coalesce(max(id), 1) FROM " + table);
    }

    /** The id of a row that exists, or null in an empty table. */
    private static @Nullable Long anyId(Connection connection, Random random, String table) throws SQLException {
        long from = 1 + (long) (random.nextDouble() * greatestId(connection, table));
        try (PreparedStatement statement =
                connection.prepareStatement("SELECT min(id) FROM " + table + " WHERE id >= ?")) {
            statement.setLong(1, from);
            try (ResultSet row = statement.executeQuery()) {
                row.next();
                long id = row.getLong(1);
                return row.wasNull() ? null : id;
            }
        }
    }

    private static long number(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters);
                ResultSet row = statement.executeQuery()) {
            row.next();
            return row.getLong(1);
        }
    }

    private static int update(Connection connection, String sql, Object... parameters) throws SQLException {
        try (PreparedStatement statement = prepare(connection, sql, parameters)) {
            return statement.executeUpdate();
        }
    }

    private static PreparedStatement prepare(Connection connection, String sql, Object... parameters)
            throws SQLException {
        PreparedStatement statement = connection.prepareStatement(sql);
        for (int i = 0; i < parameters.length; i++) {
            statement.setObject(i + 1, parameters[i]);
        }
        return statement;
    }
}
