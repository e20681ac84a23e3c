-- Texts that a server prints in another way than it read them, until the second time.
CREATE DOMAIN level AS varchar(10) DEFAULT 'low' CONSTRAINT level_known CHECK (VALUE IN ('low', 'high'));
CREATE TABLE tickets (
    id bigint,
    status varchar(20) NOT NULL DEFAULT 'open' CONSTRAINT status_known CHECK (status IN ('open', 'closed')),
    level level,
    label text GENERATED ALWAYS AS (CASE WHEN status IN ('open', 'new') THEN 'a' END) STORED,
    during tstzrange, PRIMARY KEY (id),
    CONSTRAINT tickets_overlap EXCLUDE USING gist (during WITH &&) WHERE (status IN ('open', 'new'))
);
CREATE INDEX tickets_open ON tickets (id) WHERE status IN ('open', 'new');
CREATE STATISTICS tickets_statistics ON level, (status IN ('open', 'new')) FROM tickets;
CREATE FUNCTION touch_ticket() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
CREATE TRIGGER touch BEFORE UPDATE OF status ON tickets FOR EACH ROW WHEN (NEW.status IN ('open', 'new')) EXECUTE FUNCTION touch_ticket();
CREATE TABLE kept (id bigint);
CREATE RULE keep AS ON DELETE TO tickets WHERE OLD.status IN ('open', 'new') DO ALSO INSERT INTO kept VALUES (OLD.id);
CREATE VIEW open_tickets AS SELECT id, status FROM tickets WHERE status IN ('open', 'new');
CREATE MATERIALIZED VIEW ticket_counts AS SELECT status, count(*) AS n FROM tickets WHERE status IN ('open', 'new') GROUP BY status;
CREATE INDEX ticket_counts_open ON ticket_counts (n) WHERE status IN ('open', 'new');
CREATE FUNCTION is_open(s varchar) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN s IN ('open', 'new');
ALTER TABLE tickets ENABLE ROW LEVEL SECURITY;
CREATE POLICY visible ON tickets USING (status IN ('open', 'new')) WITH CHECK (EXISTS (SELECT FROM pg_class c WHERE c.relname = tickets.status AND tickets.status IN ('open', 'new')));
CREATE TABLE parted (id bigint, status varchar(5) CHECK (status IN ('a', 'b')), PRIMARY KEY (id)) PARTITION BY RANGE (id);
CREATE TABLE parted_1 PARTITION OF parted FOR VALUES FROM (0) TO (10);
CREATE INDEX ON parted (status) WHERE status IN ('a', 'b');
CREATE TABLE heirs (extra int) INHERITS (tickets);
CREATE TABLE sums (a integer, twice integer GENERATED ALWAYS AS (a * 2) STORED);
