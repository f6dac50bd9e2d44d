-- What kind of run it was: an import, or a replay, retry or repair, which go the way of one.
ALTER TABLE runs ADD COLUMN kind TEXT NOT NULL DEFAULT 'import';
UPDATE runs SET kind = direction WHERE direction <> 'import';
