-- What the source's indexes, constraints, views, functions and the like were when its schema was dumped.
CREATE TABLE ferry.source_definition (
    kind   text NOT NULL,
    name   text NOT NULL,
    digest text NOT NULL,
    PRIMARY KEY (kind, name)
);
