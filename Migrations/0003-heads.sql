-- Restante, schema version 3: where a log ends is said twice, since the index messages_by_log, which has no checksum, can
-- hide the last messages of a log from their readers.

-- The position of the last message that the log had when this was saved; it may be swept since. Later ones are above
-- meta.heads_through, and are found there in the table itself.
ALTER TABLE logs ADD COLUMN head_seq INTEGER NOT NULL DEFAULT 0;

UPDATE logs SET head_seq = max(swept_through,
    coalesce((SELECT max(seq) FROM messages m WHERE m.log_id = logs.log_id), 0));

-- heads_through: the ends of all logs are saved as they were when this position was the last.
INSERT INTO meta(key, value) VALUES
    ('heads_through', (SELECT coalesce(max(seq), 0) FROM messages));
