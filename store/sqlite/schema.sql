-- One day of the audit trail. Times are nanoseconds since 1970-01-01 UTC.

-- Totals of this file, in one row. They change in the transaction that changes
-- what they count.
CREATE TABLE total (
	key          BLOB NOT NULL,    -- random; tells this file from a later one of the same day
	day          INTEGER NOT NULL, -- days since 1970-01-01
	accepted     INTEGER NOT NULL DEFAULT 0,
	stored       INTEGER NOT NULL DEFAULT 0,
	duplicates   INTEGER NOT NULL DEFAULT 0,
	dead_letters INTEGER NOT NULL DEFAULT 0,
	received     INTEGER NOT NULL DEFAULT 0, -- newest event's time received
	set_aside    INTEGER NOT NULL DEFAULT 0  -- newest dead letter's time received
) STRICT;

-- Values that repeat are written once.
CREATE TABLE name (
	id    INTEGER PRIMARY KEY,
	value TEXT NOT NULL UNIQUE
) STRICT;

-- What documents are compressed against, by the id in their frame.
CREATE TABLE dictionary (
	id      INTEGER PRIMARY KEY,
	content BLOB NOT NULL
) STRICT;

CREATE TABLE event (
	number      INTEGER PRIMARY KEY, -- order of arrival
	time        INTEGER NOT NULL,
	account     INTEGER NOT NULL REFERENCES name,
	method      INTEGER REFERENCES name,
	area        INTEGER REFERENCES name,
	entity_type INTEGER REFERENCES name,
	hash        BLOB NOT NULL,
	fingerprint BLOB NOT NULL,
	document    BLOB NOT NULL -- zstd frame of the event's JSON without its id
) STRICT;

CREATE UNIQUE INDEX event_hash ON event (hash);

-- Pages, and the values to choose from without a look at the events.
CREATE INDEX event_page ON event (account, time, method, area, entity_type);

CREATE TABLE dead_letter (
	number      INTEGER PRIMARY KEY, -- order of arrival
	received    INTEGER NOT NULL,
	account     INTEGER NOT NULL REFERENCES name,
	reason      INTEGER NOT NULL REFERENCES name,
	hash        BLOB NOT NULL,
	fingerprint BLOB NOT NULL,
	document    BLOB NOT NULL -- zstd frame of its JSON
) STRICT;

CREATE UNIQUE INDEX dead_letter_hash ON dead_letter (hash);
