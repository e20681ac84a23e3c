-- Fills the shop with about shop.rows rows (a setting of the session), the same ones each time.

SELECT setseed(0.42);

CREATE FUNCTION pg_temp.rows_of(percent numeric, at_least integer) RETURNS integer STABLE
RETURN greatest(at_least, (current_setting('shop.rows')::numeric * percent / 100)::integer);

-- One of a list. VOLATILE, else it would be chosen once a statement.
CREATE FUNCTION pg_temp.one_of(VARIADIC choices text[]) RETURNS text VOLATILE
RETURN choices[1 + floor(random() * array_length(choices, 1))::integer];

INSERT INTO schema_migrations (version)
SELECT (20240101000000 + i * 101000000)::text FROM generate_series(1, 11) AS i;

INSERT INTO customers (email, name, phone, marketing_opt_in, preferences, tags, password_digest, created_at, updated_at)
SELECT 'Customer.' || i || '@example.com',
       pg_temp.one_of('Ada', 'Bela', 'Chloé', 'Dmitri', 'Esra', 'Farid', 'Grace', 'Hiro', 'Inès', 'Jürgen', 'Kofi', 'Łucja')
         || ' ' || pg_temp.one_of('Abe', 'Brown', 'Çelik', 'Diallo', 'Évrard', 'Fischer', 'García', 'Haddad', 'Ivanova', 'Jones', 'O''Neill'),
       CASE WHEN random() < 0.7 THEN '+49 30 ' || (1000000 + floor(random() * 8999999))::integer END,
       random() < 0.4,
       jsonb_build_object('currency', pg_temp.one_of('EUR', 'USD', 'GBP'), 'newsletter', random() < 0.3),
       CASE WHEN random() < 0.2 THEN ARRAY['vip', pg_temp.one_of('early', 'loyal', 'says "hi", twice')] ELSE '{}' END,
       encode(digest(i::text, 'sha256'), 'hex'),
       now() - random() * interval '900 days',
       now() - random() * interval '90 days'
  FROM generate_series(1, pg_temp.rows_of(6, 50)) AS i;

INSERT INTO addresses (customer_id, kind, street, postcode, city, country, created_at)
SELECT 1 + (i - 1) % (SELECT count(*) FROM customers),
       CASE WHEN i > (SELECT count(*) FROM customers) THEN 'billing' ELSE 'shipping' END,
       (1 + floor(random() * 180))::integer || ' ' || pg_temp.one_of('High Street', 'Rue de la Paix', 'Hauptstraße', 'Calle Mayor', 'Main Street'),
       lpad(floor(random() * 99999)::integer::text, 5, '0'),
       pg_temp.one_of('Berlin', 'Zürich', 'Paris', 'Madrid', 'Boston', 'Kraków', 'Cork'),
       pg_temp.one_of('DE', 'CH', 'FR', 'ES', 'US', 'PL', 'IE'),
       now() - random() * interval '900 days'
  FROM generate_series(1, pg_temp.rows_of(8, 60)) AS i;

INSERT INTO categories (name, slug, position)
SELECT 'Category ' || i, 'category-' || i, i FROM generate_series(1, 40) AS i;
UPDATE categories SET parent_id = 1 + id % 8 WHERE id > 8;

INSERT INTO tags (name) SELECT 'tag ' || i FROM generate_series(1, 60) AS i;

INSERT INTO products (category_id, sku, name, description, price, attributes, image_digest, stock, created_at, updated_at)
SELECT 1 + floor(random() * 40)::integer,
       'SKU-' || lpad(i::text, 7, '0'),
       pg_temp.one_of('Small', 'Large', 'Blue', 'Oak', 'Linen', 'Quiet', 'Folding', 'Copper')
         || ' ' || pg_temp.one_of('lamp', 'chair', 'kettle', 'notebook', 'rucksack', 'shelf', 'blanket', 'clock') || ' ' || i,
       repeat(pg_temp.one_of('Made to last. ', 'Ships in two days. ', 'Repairable at home. '), 3 + floor(random() * 20)::integer),
       round((3 + random() * 240)::numeric, 2),
       jsonb_build_object('colour', pg_temp.one_of('red', 'green', 'natural'), 'weight_g', floor(random() * 9000)::integer,
                          'sizes', jsonb_build_array('S', 'M', 'L')),
       CASE WHEN random() < 0.9 THEN digest('image ' || i, 'sha256') END,
       200 + floor(random() * 800)::integer,
       now() - random() * interval '900 days',
       now() - random() * interval '30 days'
  FROM generate_series(1, pg_temp.rows_of(1, 20)) AS i;

INSERT INTO products_tags (product_id, tag_id)
SELECT p.id, 1 + (p.id * 7 + n * 11) % 60
  FROM products AS p, generate_series(1, 3) AS n;

-- Items before orders, so that each order is written once, with its total. Ids in order: the app's history.
INSERT INTO order_items (order_id, product_id, quantity, unit_price)
SELECT o.id, p.id, 1 + (hashint8(o.id * 5 + n) & 3), p.price
  FROM generate_series(1, pg_temp.rows_of(14, 100)) AS o (id),
       generate_series(0, o.id * 7919 % 4) AS n,
       (SELECT count(*) AS products FROM products) AS counted,
       LATERAL (SELECT 1 + ((hashint8(o.id) & 2147483647)::bigint + n) % counted.products AS id) AS chosen,
       products AS p
 WHERE p.id = chosen.id;

INSERT INTO orders (id, number, customer_id, shipping_address_id, status, total, note, metadata, placed_at, shipped_at, updated_at)
SELECT i.order_id,
       'F' || lpad(i.order_id::text, 9, '0'),
       customer.id,
       customer.id, -- the first address of customer n is address n
       (CASE WHEN i.order_id > all_orders.n * 0.98 THEN 'placed'
             WHEN i.order_id > all_orders.n * 0.96 THEN 'paid'
             WHEN i.order_id > all_orders.n * 0.93 THEN 'shipped'
             WHEN random() < 0.05 THEN 'cancelled'
             WHEN random() < 0.03 THEN 'refunded'
             ELSE 'delivered' END)::order_status,
       i.total,
       CASE WHEN random() < 0.1 THEN pg_temp.one_of('Leave it with the neighbour', E'Ring twice,\nthen wait', 'a\tb \\ c') END,
       jsonb_build_object('source', pg_temp.one_of('web', 'app', 'phone'), 'campaign', floor(random() * 50)::integer),
       now() - (1 - i.order_id / all_orders.n) * interval '700 days',
       CASE WHEN i.order_id <= all_orders.n * 0.96 THEN now() - (1 - i.order_id / all_orders.n) * interval '698 days' END,
       now() - (1 - i.order_id / all_orders.n) * interval '690 days'
  FROM (SELECT order_id, sum(total) AS total FROM order_items GROUP BY order_id ORDER BY order_id) AS i,
       (SELECT max(order_id)::double precision AS n FROM order_items) AS all_orders,
       (SELECT count(*) AS n FROM customers) AS all_customers,
       LATERAL (SELECT 1 + (hashint8(i.order_id + 1) & 2147483647)::bigint % all_customers.n AS id) AS customer;
SELECT setval('orders_id_seq', (SELECT max(id) FROM orders));

INSERT INTO payments (order_id, provider, reference, amount, paid_at)
SELECT id, pg_temp.one_of('card', 'paypal', 'invoice'), digest(number, 'md5'), total, placed_at + interval '5 minutes'
  FROM orders
 WHERE status IN ('paid', 'shipped', 'delivered', 'refunded');

INSERT INTO reviews (product_id, customer_id, rating, body, helpful, created_at, updated_at)
SELECT 1 + floor(random() * (SELECT count(*) FROM products))::bigint,
       1 + (i - 1) % (SELECT count(*) FROM customers),
       (1 + floor(random() * 5))::smallint,
       pg_temp.one_of('Works. ', 'Lovely thing. ', 'Came late, but came. ', 'Ünïcode ☃ and “quotes”. ') || repeat('Would buy again. ', floor(random() * 12)::integer),
       floor(random() * 20)::integer,
       now() - random() * interval '600 days',
       now() - random() * interval '60 days'
  FROM generate_series(1, pg_temp.rows_of(5, 30)) AS i;

INSERT INTO inventory_movements (product_id, order_id, change, reason, moved_at)
SELECT product_id, order_id, -quantity, 'sale', now() - interval '1 day'
  FROM order_items
 ORDER BY id DESC
 LIMIT pg_temp.rows_of(6, 40);
INSERT INTO inventory_movements (product_id, change, reason)
SELECT 1 + (i - 1) % (SELECT count(*) FROM products), 50, 'restock'
  FROM generate_series(1, pg_temp.rows_of(1, 20)) AS i;

INSERT INTO sessions (customer_id, data, expires_at)
SELECT CASE WHEN random() < 0.6 THEN 1 + floor(random() * (SELECT count(*) FROM customers))::bigint END,
       encode(digest('session ' || i, 'sha256'), 'base64') || repeat('.', 200),
       now() + (random() * 14 - 1) * interval '1 day'
  FROM generate_series(1, pg_temp.rows_of(3, 20)) AS i;

INSERT INTO analytics.events (name, customer_id, properties, occurred_at)
SELECT pg_temp.one_of('page_viewed', 'product_viewed', 'cart_updated', 'searched'),
       1 + floor(random() * (SELECT count(*) FROM customers))::bigint,
       jsonb_build_object('path', '/p/' || floor(random() * 5000)::integer, 'ms', floor(random() * 900)::integer, 'referrer', NULL),
       now() - (1 - i::double precision / pg_temp.rows_of(7, 40)) * interval '60 days'
  FROM generate_series(1, pg_temp.rows_of(7, 40)) AS i;

INSERT INTO analytics.daily_sales (day, category_id, items, revenue)
SELECT o.placed_at::date, p.category_id, sum(i.quantity), sum(i.total)
  FROM orders AS o
  JOIN order_items AS i ON i.order_id = o.id
  JOIN products AS p ON p.id = i.product_id
 WHERE o.placed_at > now() - interval '30 days'
 GROUP BY 1, 2;
