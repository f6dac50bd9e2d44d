-- The digest of what waits in quarantine, as it came: the same payload read again is not counted again.
ALTER TABLE quarantine ADD COLUMN digest BYTEA;
