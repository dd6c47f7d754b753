-- Where a session was begun from, as its owner sees it in the list of sessions.

ALTER TABLE session ADD COLUMN address TEXT;
