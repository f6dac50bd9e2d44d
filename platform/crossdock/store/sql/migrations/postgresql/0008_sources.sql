-- What a configuration was read from, compressed: with it, the configuration can be built again.
ALTER TABLE configurations ADD COLUMN sources BYTEA;
