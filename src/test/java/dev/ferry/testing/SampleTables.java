package dev.ferry.testing;

/** A small shop: two tables with a foreign key, secondary indexes, a trigger, a view and a sequence. */
public final class SampleTables {
    private SampleTables() {}

    /** About 250 bytes an order with its indexes; a tenth as many customers. */
    public static void create(TestDatabase database, int orders) {
        database.run("""
                CREATE TABLE customers (id bigserial PRIMARY KEY, email text NOT NULL UNIQUE, name text);
                CREATE TABLE orders (id bigserial PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers,
                                     total numeric(12, 2) NOT NULL CHECK (total >= 0), note text,
                                     updated_at timestamptz NOT NULL DEFAULT now());
                INSERT INTO customers (email, name)
                SELECT 'customer' || i || '@example.com', 'Customer ' || i FROM generate_series(1, %1$d) i;
                INSERT INTO orders (customer_id, total, note)
                SELECT 1 + i %% %1$d, i / 100.0, repeat(md5(i::text), 4) FROM generate_series(1, %2$d) i;
                CREATE INDEX orders_by_customer ON orders (customer_id);
                CREATE INDEX orders_by_total ON orders (total);
                CREATE FUNCTION touch_order() RETURNS trigger LANGUAGE plpgsql AS
                  'BEGIN NEW.updated_at := clock_timestamp(); RETURN NEW; END';
                CREATE TRIGGER touch BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch_order();
                CREATE VIEW large_orders AS SELECT o.id, c.email FROM orders o JOIN customers c ON c.id = o.customer_id
                 WHERE o.total > 1000;
                """.formatted(Math.max(1, orders / 10), orders));
    }
}
