-- One day of the audit trail. Times are nanoseconds since 1970-01-01 UTC.
--
-- Events are appended to log, and moved from there to segments: up to some
-- thousand events each, ordered by time and then hash, with an index of their
-- own. How the contents are encoded is in segment.go.

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

-- What one transaction appended. The day's events are numbered from 1 in order
-- of arrival, without gaps.
CREATE TABLE log (
	number  INTEGER PRIMARY KEY, -- of its last event
	content BLOB NOT NULL
) STRICT;

CREATE TABLE segment (
	id           INTEGER PRIMARY KEY,
	first_number INTEGER NOT NULL, -- its events have these numbers, all of them
	last_number  INTEGER NOT NULL,
	first_time   INTEGER NOT NULL,
	last_time    INTEGER NOT NULL
) STRICT;

-- The rest of a segment. A place is the row's part of it (a field's tag, a bucket)
-- * 2^32 + the segment's id, so that one range holds a part of all segments; of
-- identities and documents it is the segment's id * 2^16 + the number of the page.
CREATE TABLE dictionary (place INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT; -- by field: its values, how often each
CREATE TABLE column     (place INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT; -- by field: each event's value in the dictionary
CREATE TABLE term       (place INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT; -- by bucket: hashes of values of fields that have too many for a dictionary
CREATE TABLE key        (place INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT; -- by bucket: hashes of the events
CREATE TABLE identity   (place INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT; -- by page: hash and fingerprint of each event
CREATE TABLE document   (place INTEGER PRIMARY KEY, content BLOB NOT NULL) STRICT; -- by page: all else of each event

CREATE TABLE dead_letter (
	number      INTEGER PRIMARY KEY, -- order of arrival
	received    INTEGER NOT NULL,
	account     TEXT NOT NULL,
	reason      TEXT NOT NULL,
	hash        BLOB NOT NULL,
	fingerprint BLOB NOT NULL,
	document    BLOB NOT NULL -- zstd frame of its JSON
) STRICT;

CREATE UNIQUE INDEX dead_letter_hash ON dead_letter (hash);
