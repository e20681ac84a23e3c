-- About two seconds of a shop's day: twenty transactions.
DO $$
BEGIN
  FOR step IN 1..20 LOOP
    WITH customer AS (
      INSERT INTO customers (email, name) VALUES (gen_random_uuid() || '@example.com', 'New customer') RETURNING id)
    INSERT INTO orders (customer_id, total)
    SELECT id, round((random() * 100)::numeric, 2) FROM customer;
    UPDATE orders SET total = total + 1 WHERE id = 1 + floor(random() * 200000)::bigint % 200000;
    DELETE FROM orders WHERE id = 1 + floor(random() * 200000)::bigint % 200000;
    COMMIT;
    PERFORM pg_sleep(0.1);
  END LOOP;
END $$;
