-- A key of custom data may be longer than what an index takes: what flows brought is found by its record.
ALTER TABLE flowed DROP CONSTRAINT flowed_pkey;
CREATE INDEX flowed_by_record ON flowed (record_type, local_id);
