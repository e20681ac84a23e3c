-- Keys, indexes, triggers and views, added to filled tables because that is quicker.

CREATE UNIQUE INDEX index_customers_on_email ON customers (email);
CREATE INDEX index_customers_on_tags ON customers USING gin (tags);
CREATE INDEX index_addresses_on_customer_id ON addresses (customer_id);
CREATE UNIQUE INDEX index_products_on_sku ON products (sku);
CREATE INDEX index_products_on_category_id ON products (category_id);
CREATE INDEX index_products_on_name ON products USING gin (name gin_trgm_ops);
CREATE INDEX index_products_on_search ON products USING gin (search);
CREATE UNIQUE INDEX index_products_tags_on_both ON products_tags (product_id, tag_id);
CREATE UNIQUE INDEX index_orders_on_number ON orders (number);
CREATE INDEX index_orders_on_customer ON orders (customer_id, placed_at DESC);
CREATE INDEX index_orders_on_address ON orders (shipping_address_id);
CREATE INDEX index_orders_on_open_status ON orders (status, id) WHERE status IN ('placed', 'paid', 'shipped');
CREATE INDEX index_orders_on_campaign ON orders ((metadata ->> 'campaign'));
CREATE UNIQUE INDEX index_order_items_on_order_and_product ON order_items (order_id, product_id);
CREATE INDEX index_order_items_on_product ON order_items (product_id);
CREATE INDEX index_payments_on_order ON payments (order_id);
CREATE INDEX index_reviews_on_product ON reviews (product_id, rating);
CREATE UNIQUE INDEX index_reviews_on_customer_and_product ON reviews (customer_id, product_id, id);
CREATE INDEX index_inventory_movements_on_product ON inventory_movements (product_id);
CREATE INDEX index_inventory_movements_on_order ON inventory_movements (order_id);
CREATE INDEX index_sessions_on_customer ON sessions (customer_id);
CREATE INDEX index_sessions_on_expiry ON sessions (expires_at);
CREATE INDEX index_events_on_time ON analytics.events USING brin (occurred_at);
CREATE INDEX index_events_on_properties ON analytics.events USING gin (properties jsonb_path_ops);

ALTER TABLE addresses ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE;
ALTER TABLE categories ADD FOREIGN KEY (parent_id) REFERENCES categories;
ALTER TABLE products ADD FOREIGN KEY (category_id) REFERENCES categories;
ALTER TABLE products_tags ADD FOREIGN KEY (product_id) REFERENCES products ON DELETE CASCADE;
ALTER TABLE products_tags ADD FOREIGN KEY (tag_id) REFERENCES tags ON DELETE CASCADE;
ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customers;
ALTER TABLE orders ADD FOREIGN KEY (shipping_address_id) REFERENCES addresses ON DELETE SET NULL;
ALTER TABLE order_items ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE;
ALTER TABLE order_items ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE payments ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE CASCADE;
ALTER TABLE reviews ADD FOREIGN KEY (product_id) REFERENCES products ON DELETE CASCADE;
ALTER TABLE reviews ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE;
ALTER TABLE inventory_movements ADD FOREIGN KEY (product_id) REFERENCES products;
ALTER TABLE inventory_movements ADD FOREIGN KEY (order_id) REFERENCES orders ON DELETE SET NULL;
ALTER TABLE sessions ADD FOREIGN KEY (customer_id) REFERENCES customers ON DELETE CASCADE;
ALTER TABLE analytics.daily_sales ADD FOREIGN KEY (category_id) REFERENCES categories;

CREATE FUNCTION touch_updated_at() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.updated_at := clock_timestamp();
  RETURN NEW;
END
$$;
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON customers FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON products FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION touch_updated_at();
CREATE TRIGGER touch_updated_at BEFORE UPDATE ON reviews FOR EACH ROW EXECUTE FUNCTION touch_updated_at();

CREATE VIEW open_orders AS
SELECT o.id, o.number, o.status, o.total, c.email
  FROM orders AS o
  JOIN customers AS c ON c.id = o.customer_id
 WHERE o.status IN ('placed', 'paid', 'shipped');

CREATE MATERIALIZED VIEW analytics.product_ratings AS
SELECT p.id AS product_id, count(r.id) AS reviews, round(avg(r.rating), 2) AS rating
  FROM products AS p
  LEFT JOIN reviews AS r ON r.product_id = p.id
 GROUP BY p.id;
CREATE UNIQUE INDEX index_product_ratings ON analytics.product_ratings (product_id);

COMMENT ON TABLE orders IS 'One row an order; "placed" until it is paid.';
