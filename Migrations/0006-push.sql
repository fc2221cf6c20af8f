-- Restante, schema version 6: where devices are woken that are away while mail waits for them.

CREATE TABLE push_targets(
    device_id INTEGER PRIMARY KEY REFERENCES devices(device_id),
    provider INTEGER NOT NULL CHECK (provider BETWEEN 1 AND 3),  -- 1 APNs, 2 FCM, 3 Web Push
    token TEXT NOT NULL,              -- of Web Push the endpoint; whoever knows it can wake the device
    app TEXT NOT NULL,                -- of APNs the topic, of FCM the project
    sandbox INTEGER NOT NULL,
    key BLOB,                         -- of Web Push: p256dh
    secret BLOB,                      -- of Web Push: auth
    placeholder TEXT,                 -- shown when the device is woken; NULL: nothing but that there is mail
    shows_labels INTEGER NOT NULL,    -- instead of it the label that came with the message, if one did
    registered_at INTEGER NOT NULL,
    -- A provider has taken a wake-up for all mail up to this position, and when. What is due is told from here and the cursors.
    woken_through INTEGER NOT NULL DEFAULT 0,
    woken_at INTEGER NOT NULL DEFAULT 0
) STRICT;

-- ---------------------------------------------------------------- views for people: no tokens

CREATE VIEW push AS
SELECT d.user, d.device, CASE p.provider WHEN 1 THEN 'apns' WHEN 2 THEN 'fcm' ELSE 'webpush' END AS provider, p.app,
    datetime(p.registered_at / 1000, 'unixepoch') AS registered,
    iif(p.woken_at = 0, '', datetime(p.woken_at / 1000, 'unixepoch')) AS woken
FROM push_targets p JOIN devices d USING (device_id) ORDER BY d.user, d.device;
