-- What people are told about, written in the transaction that makes it true. sent_at is set once it was delivered or given
-- up: a message that was on its way when the process died is sent again by the next one.
CREATE TABLE ferry.milestone (
    seq bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id uuid NOT NULL UNIQUE DEFAULT gen_random_uuid(),
    event text NOT NULL,
    phase text NOT NULL,
    at timestamptz NOT NULL DEFAULT clock_timestamp(),
    figures jsonb NOT NULL DEFAULT '{}',
    sent_at timestamptz
);
CREATE INDEX milestone_unsent ON ferry.milestone (seq) WHERE sent_at IS NULL;
