-- Restante, schema version 2: messages that expire, mailboxes that are too full, devices that do not come back.
--
-- messages.flags from here on: 1 urgent, 2 receipt asked, 4 withdrawn, 8 expired (with 4 or 8 the payload is gone and the
-- position stays), 16 expires before those around it, 32 part of a sealed send.

-- Messages in the order of their expiry, those alone that do not expire in the order of their positions.
CREATE INDEX messages_early ON messages(expires_at) WHERE flags & 16;

-- Linked devices, the longest unseen first.
CREATE INDEX devices_idle ON devices(last_seen_at) WHERE kind = 'device' AND unlinked_at IS NULL;

-- Stretches of a log that a device will not get any more: the senders of messages that nobody else gets either are told
-- (receipts.reason), a slice at a time, before the messages are swept.
CREATE TABLE endings(
    ending_id INTEGER PRIMARY KEY,
    log_id INTEGER NOT NULL,
    from_seq INTEGER NOT NULL,
    through_seq INTEGER NOT NULL,
    reason INTEGER NOT NULL          -- as in losses
) STRICT;
CREATE UNIQUE INDEX endings_by_log ON endings(log_id, from_seq, through_seq, reason);

-- ttl: the seconds that messages are kept unless their sender says less. expires_from: one that expires earlier is marked
-- with 16, whatever its sender said (the ttl was lowered). expired_through: of those not marked, all up to here have expired
-- or gone. accepted_rows, at position accepted_at: how many rows `accepted` had.
INSERT INTO meta(key, value) VALUES
    ('ttl', 0),
    ('expires_from', 0),
    ('expired_through', 0),
    ('accepted_rows', (SELECT count(*) FROM accepted)),
    ('accepted_at', (SELECT value FROM meta WHERE key = 'next_seq'));

-- ---------------------------------------------------------------- views for people: what has expired waits for nobody

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
FROM cursors c
JOIN devices d ON d.device_id = c.device_id
JOIN logs l ON l.log_id = c.log_id
JOIN messages m ON m.log_id = c.log_id AND m.seq > c.acked_seq AND (c.until_seq IS NULL OR m.seq <= c.until_seq)
LEFT JOIN devices s ON s.device_id = m.sender_id
WHERE m.sender_id <> c.device_id AND m.flags & 12 = 0
ORDER BY m.seq;

DROP VIEW mailboxes;
CREATE VIEW mailboxes AS
SELECT d.user, d.device, count(m.seq) AS messages, coalesce(sum(length(m.payload)), 0) AS bytes,
    datetime(min(m.accepted_at) / 1000, 'unixepoch') AS oldest,
    datetime(d.last_seen_at / 1000, 'unixepoch') AS last_seen
FROM devices d
LEFT JOIN cursors c ON c.device_id = d.device_id
LEFT JOIN messages m ON m.log_id = c.log_id AND m.seq > c.acked_seq AND (c.until_seq IS NULL OR m.seq <= c.until_seq)
    AND m.sender_id <> c.device_id AND m.flags & 12 = 0
WHERE d.kind = 'device' AND d.unlinked_at IS NULL
GROUP BY d.device_id
ORDER BY d.user, d.device;

DROP VIEW deliveries;
CREATE VIEW deliveries AS
SELECT lower(substr(hex(a.message_id), 1, 8) || '-' || substr(hex(a.message_id), 9, 4)
        || '-' || substr(hex(a.message_id), 13, 4) || '-' || substr(hex(a.message_id), 17, 4)
        || '-' || substr(hex(a.message_id), 21)) AS message_id,
    s.user || iif(s.kind = 'service', '', '/' || s.device) AS sender,
    l.kind || ':' || l.name AS log, d.user, d.device,
    CASE
        WHEN a.cancelled THEN 'cancelled'
        WHEN EXISTS (SELECT 1 FROM losses x WHERE x.device_id = c.device_id AND x.log_id = a.log_id
            AND a.seq BETWEEN x.from_seq AND x.through_seq) THEN 'lost'
        WHEN c.acked_seq >= a.seq THEN 'delivered'
        WHEN c.ended OR EXISTS (SELECT 1 FROM messages m WHERE m.seq = a.seq AND m.flags & 8) THEN 'lost'
        ELSE 'pending'
    END AS state,
    datetime(a.accepted_at / 1000, 'unixepoch') AS accepted
FROM accepted a
JOIN logs l ON l.log_id = a.log_id
JOIN (
    SELECT device_id, log_id, started_seq, acked_seq, until_seq, 0 AS ended FROM cursors
    UNION ALL
    SELECT device_id, log_id, started_seq, acked_seq, until_seq, 1 FROM ended_cursors
) c ON c.log_id = a.log_id AND c.started_seq < a.seq AND (c.until_seq IS NULL OR a.seq <= c.until_seq)
    AND c.device_id <> a.sender_id
JOIN devices d ON d.device_id = c.device_id
LEFT JOIN devices s ON s.device_id = a.sender_id
ORDER BY a.seq;

-- What devices were owed and did not get, and whether they know.
CREATE VIEW lost AS
SELECT d.user, d.device, l.kind || ':' || l.name AS log,
    CASE x.reason WHEN 1 THEN 'expired' WHEN 2 THEN 'quota' WHEN 3 THEN 'removed' WHEN 4 THEN 'unlinked'
        WHEN 5 THEN 'damaged' ELSE 'deleted' END AS reason,
    x.count AS messages, iif(x.acked, 'yes', 'no') AS told, datetime(x.lost_at / 1000, 'unixepoch') AS "when"
FROM losses x
JOIN devices d ON d.device_id = x.device_id
JOIN logs l ON l.log_id = x.log_id
ORDER BY x.loss_id;
