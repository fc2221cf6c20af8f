extension Metric {
    // MARK: Commits

    public static let batchCommands = histogram(
        "restante_store_batch_commands", Buckets.sizes, "Commands in one commit.")
    public static let commitSeconds = histogram(
        "restante_store_commit_seconds", Buckets.seconds, "A commit of commands from its BEGIN until it is durable.")
    public static let syncSeconds = histogram(
        "restante_store_sync_seconds", Buckets.seconds, "The COMMIT of it alone: writing the WAL and its sync.")
    public static let queueCommands = gauge(
        "restante_store_queue_commands", "Commands that wait for the store's thread.")
    public static let queueBytes = gauge(
        "restante_store_queue_bytes", "Bytes of payload that wait for the store's thread.")

    // MARK: Mail

    public static let sends = counter(
        "restante_sends_total", "Sends that were answered, by outcome.", labels: ["outcome"])
    public static let acknowledged = counter(
        "restante_messages_acknowledged_total", "Messages that a device has acknowledged durably, once a device.")
    public static let receipts = counter(
        "restante_receipts_total", "Receipts that senders are owed, from each user once a message.")
    public static let wokenAndCame = counter(
        "restante_woken_connected_total",
        "Devices that connected within a minute after this provider had taken a wake-up for them.",
        labels: ["provider"])
    public static let wakes = counter(
        "restante_wakes_total", "Wake-ups that have ended, by provider and outcome.", labels: ["provider", "outcome"])
    public static let wakeRequests = counter(
        "restante_wake_requests_total",
        "Requests to providers that were answered, or came to nothing, by what came of them.",
        labels: ["provider", "answer"])
    public static let wakeAlarms = counter(
        "restante_wake_alarms_total",
        "Times that the log told of a provider that refuses the server's credentials.",
        labels: ["provider"])
    public static let wakesPending = gauge(
        "restante_wakes_pending",
        "Wake-ups that wait for their turn, are delayed by a back-off, or are being sent, by provider.",
        labels: ["provider", "state"])
    public static let wakeSeconds = histogram(
        "restante_wake_seconds", Buckets.seconds, "One request to a provider.", labels: ["provider"])
    public static let lost = counter(
        "restante_messages_lost_total",
        "Messages that a device was owed and will not get, once a device; expired and damaged when it has acknowledged the gap.",
        labels: ["reason"])
    public static let expired = counter(
        "restante_messages_expired_total", "Messages whose time to live ended before all had them.")
    public static let oldest = gauge(
        "restante_messages_oldest_seconds",
        "Age of the oldest message with a payload that is held: no message that waits is older. 0: none is held.")

    // MARK: Disk

    public static let walBytes = gauge("restante_store_wal_bytes", "Size of the write-ahead log.")
    public static let databaseBytes = gauge("restante_store_database_bytes", "Size of the database without its WAL.")
    public static let reserveMissing = gauge(
        "restante_store_reserve_missing_bytes", "What the reserve for a full disk lacks; 0: it is whole.")
    public static let refusing = gauge(
        "restante_store_refusing", "1: nothing is taken in (storage_full), because of the disk, the limit, or the WAL.",
        labels: ["because"])

    // MARK: Upkeep

    public static let pauses = histogram(
        "restante_store_pause_seconds", Buckets.seconds, "What the store did of its own accord while commits waited.",
        labels: ["chore"])
    public static let sweepLogs = gauge("restante_store_sweep_logs", "Logs that wait to be swept.")
    public static let sweepLag = gauge("restante_store_sweep_lag_seconds", "How long the first of them has waited.")
    public static let clockHeld = gauge(
        "restante_store_clock_held", "1: the store does not follow the machine's clock.")
    public static let notices = counter(
        "restante_store_notices_total", "What the store told its operator, by level.", labels: ["level"])
    public static let sampledAt = gauge(
        "restante_store_sample_timestamp_seconds", "When the store's gauges were last taken, since the epoch.")

    static let storeCatalogue = [
        batchCommands, commitSeconds, syncSeconds, queueCommands, queueBytes, sends, acknowledged, receipts, wakes,
        wakeRequests, wakeAlarms, wakesPending, wakeSeconds, wokenAndCame, lost, expired, oldest, walBytes,
        databaseBytes, reserveMissing, refusing, pauses, sweepLogs, sweepLag, clockHeld, notices, sampledAt,
    ]
}
