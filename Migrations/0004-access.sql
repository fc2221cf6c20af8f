-- Restante, schema version 4: tokens that count no more, and users who have blocked others.

-- Tokens that were issued in this second or before count no more. A user's row stands for all of its devices.
CREATE TABLE revocations(
    kind TEXT NOT NULL CHECK (kind IN ('user', 'device', 'service')),
    name TEXT NOT NULL,               -- the user, or the service
    device TEXT NOT NULL,             -- of kind 'device'; of the others empty
    issued_through INTEGER NOT NULL,  -- seconds since the epoch, like a token's iat
    revoked_at INTEGER NOT NULL,
    PRIMARY KEY (kind, name, device)
) STRICT, WITHOUT ROWID;

-- Whose one-to-one messages a user does not get.
CREATE TABLE blocks(
    user TEXT NOT NULL,
    blocked TEXT NOT NULL,
    blocked_at INTEGER NOT NULL,
    PRIMARY KEY (user, blocked)
) STRICT, WITHOUT ROWID;

-- Messages that were accepted from a blocked sender: without payload, shown to nobody, expiring in their time. A row stays
-- until its id is forgotten, so that its sender is answered as if the recipient were away.
CREATE TABLE withheld(
    seq INTEGER PRIMARY KEY,          -- as in accepted; never in messages
    log_id INTEGER NOT NULL,
    sender_id INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    accepted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    flags INTEGER NOT NULL,           -- as in messages: 2 receipt asked, 8 expired, 32 part of a sealed send
    log_count INTEGER NOT NULL,       -- running totals of what was withheld from this log
    log_bytes INTEGER NOT NULL
) STRICT;
CREATE INDEX withheld_by_log ON withheld(log_id);
CREATE INDEX withheld_by_id ON withheld(message_id);
CREATE INDEX withheld_due ON withheld(expires_at) WHERE flags & 8 = 0;

-- ---------------------------------------------------------------- views for people: what was withheld is not delivered

DROP VIEW deliveries;
CREATE VIEW deliveries AS
SELECT lower(substr(hex(a.message_id), 1, 8) || '-' || substr(hex(a.message_id), 9, 4)
        || '-' || substr(hex(a.message_id), 13, 4) || '-' || substr(hex(a.message_id), 17, 4)
        || '-' || substr(hex(a.message_id), 21)) AS message_id,
    s.user || iif(s.kind = 'service', '', '/' || s.device) AS sender,
    l.kind || ':' || l.name AS log, d.user, d.device,
    CASE
        WHEN a.cancelled THEN 'cancelled'
        WHEN EXISTS (SELECT 1 FROM withheld w WHERE w.seq = a.seq) THEN 'withheld'
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
