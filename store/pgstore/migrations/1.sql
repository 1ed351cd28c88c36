-- What the tables look like; a program refuses those of another version.
CREATE TABLE format (version integer NOT NULL);
INSERT INTO format VALUES (0);

CREATE TABLE sessions (
	key   bytea   PRIMARY KEY,
	rev   bigint  NOT NULL,
	op    bytea,              -- of the write; NULL: it had none
	gone  boolean NOT NULL,
	value bytea   NOT NULL,
	xid   xid8    NOT NULL    -- the transaction that wrote the row
);
CREATE INDEX sessions_xid ON sessions (xid);
