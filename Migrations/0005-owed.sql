-- Restante, schema version 5: the index of messages by log trails them, and is filled in bulk.

-- Which messages a log has. Those behind meta.owed_through may not be in it yet: the view log_messages has all. An entry up to
-- logs.swept_through is about to go, and its message may be gone.
CREATE TABLE owed(
    log_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    PRIMARY KEY (log_id, seq)
) STRICT, WITHOUT ROWID;

INSERT INTO owed(log_id, seq) SELECT log_id, seq FROM messages ORDER BY log_id, seq;

-- owed_through: every message up to here is in `owed`. owed_settling: those up to here are being written, if it is more.
INSERT INTO meta(key, value) VALUES
    ('owed_through', (SELECT coalesce(max(seq), 0) FROM messages)),
    ('owed_settling', 0);

-- logs.head_seq is written with a log's entries in `owed`, and so says where it ends up to owed_through.
UPDATE logs SET head_seq = max(head_seq, coalesce((SELECT max(seq) FROM owed o WHERE o.log_id = logs.log_id), 0));
DELETE FROM meta WHERE key = 'heads_through';

DROP INDEX messages_by_log;

-- ---------------------------------------------------------------- views for people

-- All positions by log, those that `owed` lacks included.
CREATE VIEW log_messages AS
SELECT log_id, seq FROM owed WHERE seq <= (SELECT value FROM meta WHERE key = 'owed_through')
UNION ALL
SELECT log_id, seq FROM messages WHERE seq > (SELECT value FROM meta WHERE key = 'owed_through');

-- What each device has yet to acknowledge, its own messages and what has ended included.
CREATE VIEW unread AS
SELECT c.device_id, c.log_id, o.seq
FROM cursors c
JOIN owed o ON o.log_id = c.log_id AND o.seq > c.acked_seq AND (c.until_seq IS NULL OR o.seq <= c.until_seq)
WHERE o.seq <= (SELECT value FROM meta WHERE key = 'owed_through')
UNION ALL
SELECT c.device_id, c.log_id, m.seq
FROM messages m
CROSS JOIN cursors c ON c.log_id = m.log_id AND c.acked_seq < m.seq AND (c.until_seq IS NULL OR m.seq <= c.until_seq)
WHERE m.seq > (SELECT value FROM meta WHERE key = 'owed_through');

DROP VIEW waiting;
CREATE VIEW waiting AS
SELECT d.user, d.device, l.kind || ':' || l.name AS log, m.seq,
    s.user || iif(s.kind = 'service', '', '/' || s.device) AS sender,
    lower(substr(hex(m.message_id), 1, 8) || '-' || substr(hex(m.message_id), 9, 4)
        || '-' || substr(hex(m.message_id), 13, 4) || '-' || substr(hex(m.message_id), 17, 4)
        || '-' || substr(hex(m.message_id), 21)) AS message_id,
    CASE m.kind WHEN 0 THEN 'message' WHEN 1 THEN 'membership' ELSE 'devices' END AS kind,
    length(m.payload) AS bytes,
    datetime(m.accepted_at / 1000, 'unixepoch') AS accepted,
    datetime(m.expires_at / 1000, 'unixepoch') AS expires
FROM unread u
JOIN devices d ON d.device_id = u.device_id
JOIN logs l ON l.log_id = u.log_id
JOIN messages m ON m.seq = u.seq
LEFT JOIN devices s ON s.device_id = m.sender_id
WHERE m.sender_id <> u.device_id AND m.flags & 12 = 0
ORDER BY m.seq;

DROP VIEW mailboxes;
CREATE VIEW mailboxes AS
SELECT d.user, d.device, count(m.seq) AS messages, coalesce(sum(length(m.payload)), 0) AS bytes,
    datetime(min(m.accepted_at) / 1000, 'unixepoch') AS oldest,
    datetime(d.last_seen_at / 1000, 'unixepoch') AS last_seen
FROM devices d
LEFT JOIN unread u ON u.device_id = d.device_id
LEFT JOIN messages m ON m.seq = u.seq AND m.sender_id <> d.device_id AND m.flags & 12 = 0
WHERE d.kind = 'device' AND d.unlinked_at IS NULL
GROUP BY d.device_id
ORDER BY d.user, d.device;

DROP VIEW group_members;
CREATE VIEW group_members AS
SELECT g.name AS "group", m.user, m.role, datetime(m.joined_at / 1000, 'unixepoch') AS joined, count(x.seq) AS lag
FROM groups g
JOIN members m ON m.log_id = g.log_id
LEFT JOIN (
    SELECT c.log_id, d.user, max(c.acked_seq) AS acked_seq
    FROM cursors c JOIN devices d ON d.device_id = c.device_id GROUP BY c.log_id, d.user
) c ON c.log_id = g.log_id AND c.user = m.user
LEFT JOIN log_messages x ON x.log_id = g.log_id AND x.seq > c.acked_seq
GROUP BY g.log_id, m.user
ORDER BY g.name, m.joined_seq, m.user;
