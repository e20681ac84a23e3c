-- The one run that this schema belongs to, and the epoch of its leader (locked FOR SHARE by each of its transactions that
-- write here).
CREATE TABLE ferry.run (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    run_id uuid NOT NULL,
    epoch bigint NOT NULL
);

CREATE TABLE ferry.position (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    cycle bigint NOT NULL
);
INSERT INTO ferry.position (cycle) VALUES (0);

-- Whether the app is shut out: written in the transaction that revokes its rights or gives them back.
CREATE TABLE ferry.write_fence (
    only_row boolean PRIMARY KEY DEFAULT true CHECK (only_row),
    engaged_at timestamptz
);
INSERT INTO ferry.write_fence (engaged_at) VALUES (NULL);
