-- Restante, schema version 1. Times are milliseconds since the epoch, UTC. Ask the views at the end first.

-- Single values: epoch, created_at, next_seq (positions below it are given out or skipped), ids_from (message ids below it
-- are too old to be recognised).
CREATE TABLE meta(
    key TEXT NOT NULL PRIMARY KEY,
    value ANY NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta(key, value) VALUES
    ('epoch', lower(hex(randomblob(16)))),
    ('created_at', CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)),
    ('next_seq', 1),
    ('ids_from', 0);

-- Devices of users, and services, which send too. A row outlives unlinking, so that "from" can be answered.
CREATE TABLE devices(
    device_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('device', 'service')),
    user TEXT NOT NULL,           -- of a service: its name
    device TEXT NOT NULL,         -- of a service: empty
    log_id INTEGER,               -- the device's own log
    registered_at INTEGER NOT NULL,
    last_seen_at INTEGER NOT NULL,
    unlinked_at INTEGER,          -- NULL: linked
    unlinked_by TEXT CHECK (unlinked_by IN ('user', 'operator', 'idle', 'deleted'))
) STRICT;
CREATE UNIQUE INDEX devices_linked ON devices(user, device, kind) WHERE unlinked_at IS NULL;
CREATE INDEX devices_by_name ON devices(user, device, unlinked_at);
CREATE INDEX devices_by_log ON devices(log_id);

-- An ordered list of messages: every user, device and group has one.
CREATE TABLE logs(
    log_id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'device', 'group')),
    name TEXT NOT NULL,                         -- the user, user/device, or group
    version INTEGER NOT NULL DEFAULT 0,         -- user: of its devices; group: of its members and their devices
    swept_through INTEGER NOT NULL DEFAULT 0,   -- messages up to here are gone, or going
    swept_count INTEGER NOT NULL DEFAULT 0,     -- running totals at swept_through
    swept_bytes INTEGER NOT NULL DEFAULT 0,
    ended_at INTEGER                            -- the user or group was deleted
) STRICT;
CREATE UNIQUE INDEX logs_by_name ON logs(kind, name) WHERE kind <> 'device' AND ended_at IS NULL;
CREATE INDEX logs_ended ON logs(kind, name, version) WHERE ended_at IS NOT NULL;

CREATE TABLE groups(
    log_id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    created_by TEXT NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE members(
    log_id INTEGER NOT NULL,
    user TEXT NOT NULL,
    role TEXT NOT NULL CHECK (role IN ('member', 'admin')),
    joined_at INTEGER NOT NULL,
    joined_seq INTEGER NOT NULL,
    PRIMARY KEY (log_id, user)
) STRICT, WITHOUT ROWID;
CREATE INDEX members_by_user ON members(user);

-- One row a message, however many will read it. No foreign key points from or to this table.
CREATE TABLE messages(
    seq INTEGER PRIMARY KEY,
    log_id INTEGER NOT NULL,
    sender_id INTEGER NOT NULL,      -- devices.device_id
    message_id BLOB NOT NULL,        -- UUIDv7
    accepted_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    kind INTEGER NOT NULL,           -- 0 message, 1 membership, 2 devices
    flags INTEGER NOT NULL,          -- 1 urgent, 2 receipt asked, 4 tombstone
    log_count INTEGER NOT NULL,      -- running totals of the log, this message included
    log_bytes INTEGER NOT NULL,
    checksum INTEGER NOT NULL,       -- XXH3 of all the other columns
    payload BLOB NOT NULL
) STRICT;
CREATE INDEX messages_by_log ON messages(log_id);

-- How far a device has acknowledged a log that it follows.
CREATE TABLE cursors(
    device_id INTEGER NOT NULL,
    log_id INTEGER NOT NULL,
    started_seq INTEGER NOT NULL,            -- nothing up to here is owed
    acked_seq INTEGER NOT NULL,
    acked_count INTEGER NOT NULL DEFAULT 0,  -- the log's running totals at acked_seq
    acked_bytes INTEGER NOT NULL DEFAULT 0,
    until_seq INTEGER,                       -- owed up to and including this: the device's user has left
    PRIMARY KEY (device_id, log_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX cursors_by_log ON cursors(log_id, acked_seq);

-- Cursors that ended, so that delivery status can be answered for the dedupe horizon.
CREATE TABLE ended_cursors(
    ended_id INTEGER PRIMARY KEY,
    device_id INTEGER NOT NULL,
    log_id INTEGER NOT NULL,
    started_seq INTEGER NOT NULL,
    acked_seq INTEGER NOT NULL,
    until_seq INTEGER NOT NULL,
    ended_at INTEGER NOT NULL,
    reason INTEGER NOT NULL          -- 0: all delivered; otherwise why the rest was lost, as in losses
) STRICT;
CREATE INDEX ended_cursors_by_log ON ended_cursors(log_id, device_id);

-- What a device was owed and will not get: the gap that it is told of instead.
CREATE TABLE losses(
    loss_id INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id INTEGER NOT NULL,
    log_id INTEGER NOT NULL,
    from_seq INTEGER NOT NULL,
    through_seq INTEGER NOT NULL,
    reason INTEGER NOT NULL,         -- 1 expired, 2 quota, 3 removed, 4 unlinked, 5 damaged, 6 deleted
    count INTEGER NOT NULL,
    lost_at INTEGER NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX losses_owed ON losses(device_id, loss_id) WHERE acked = 0;
CREATE INDEX losses_by_log ON losses(log_id, device_id);
CREATE INDEX losses_told ON losses(lost_at) WHERE acked = 1;

-- What was accepted within the dedupe horizon: sending it again gives the first answer. A sealed send has a row a part.
CREATE TABLE accepted(
    message_id BLOB NOT NULL,
    sender_id INTEGER NOT NULL,
    part INTEGER NOT NULL,
    log_id INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    accepted_at INTEGER NOT NULL,
    digest BLOB NOT NULL,            -- 16 bytes, of recipient and payload
    cancelled INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (message_id, sender_id, part)
) STRICT, WITHOUT ROWID;

-- What senders are owed: who has received, or that nobody will.
CREATE TABLE receipts(
    receipt_id INTEGER PRIMARY KEY AUTOINCREMENT,
    sender_id INTEGER NOT NULL,
    reader TEXT NOT NULL,            -- the user that has it; empty: undelivered
    message_id BLOB NOT NULL,
    log_id INTEGER NOT NULL,
    reason INTEGER NOT NULL          -- 0 received; otherwise why not, as in losses
) STRICT;
CREATE UNIQUE INDEX receipts_once ON receipts(sender_id, message_id, reader);
CREATE INDEX receipts_owed ON receipts(sender_id, receipt_id);

-- Which server holds a device's socket. The row stays: its generation never goes back.
CREATE TABLE sessions(
    device_id INTEGER PRIMARY KEY,
    generation INTEGER NOT NULL,
    node TEXT,                       -- NULL: not connected
    connected_at INTEGER
) STRICT;
CREATE INDEX sessions_by_node ON sessions(node) WHERE node IS NOT NULL;

-- Users deleted by an operator: their devices register again only with a later token.
CREATE TABLE deleted_users(
    user TEXT NOT NULL PRIMARY KEY,
    deleted_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- ---------------------------------------------------------------- views for people

-- The messages each device has yet to acknowledge, oldest first.
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
WHERE m.sender_id <> c.device_id AND m.flags & 4 = 0
ORDER BY m.seq;

-- Depth, bytes and oldest message of every device's mailbox.
CREATE VIEW mailboxes AS
SELECT d.user, d.device, count(m.seq) AS messages, coalesce(sum(length(m.payload)), 0) AS bytes,
    datetime(min(m.accepted_at) / 1000, 'unixepoch') AS oldest,
    datetime(d.last_seen_at / 1000, 'unixepoch') AS last_seen
FROM devices d
LEFT JOIN cursors c ON c.device_id = d.device_id
LEFT JOIN messages m ON m.log_id = c.log_id AND m.seq > c.acked_seq AND (c.until_seq IS NULL OR m.seq <= c.until_seq)
    AND m.sender_id <> c.device_id AND m.flags & 4 = 0
WHERE d.kind = 'device' AND d.unlinked_at IS NULL
GROUP BY d.device_id
ORDER BY d.user, d.device;

-- What has become of the messages of the dedupe horizon, by device.
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
        WHEN c.ended THEN 'lost'
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

-- Who is in which group, and how far each member's furthest device is behind.
CREATE VIEW group_members AS
SELECT g.name AS "group", m.user, m.role, datetime(m.joined_at / 1000, 'unixepoch') AS joined,
    (SELECT count(*) FROM messages x WHERE x.log_id = g.log_id AND x.seq > (
        SELECT max(c.acked_seq) FROM cursors c JOIN devices d ON d.device_id = c.device_id
        WHERE c.log_id = g.log_id AND d.user = m.user)) AS lag
FROM groups g JOIN members m ON m.log_id = g.log_id
ORDER BY g.name, m.joined_seq, m.user;

-- Who is connected where, since when.
CREATE VIEW connected AS
SELECT d.user, d.device, s.node, s.generation, datetime(s.connected_at / 1000, 'unixepoch') AS since
FROM sessions s JOIN devices d ON d.device_id = s.device_id
WHERE s.node IS NOT NULL
ORDER BY d.user, d.device;
