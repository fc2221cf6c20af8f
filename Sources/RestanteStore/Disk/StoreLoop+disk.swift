import RestanteCore

/// A full disk: nothing more is taken in, room is given back, and the reserve is made again as soon as it can be.
extension StoreLoop {
    private static let lookEvery: UInt64 = 1_000_000_000
    /// Told to clients: they need not come sooner.
    private static let retryAfter = 10

    /// When a full disk is looked at again; nil: it is not full.
    var diskDueAt: UInt64? { engine.disk?.isShort == true ? lookedAtDiskAt + Self.lookEvery : nil }

    /// Between two batches: a batch that broke into the reserve is finished, and the next one is told.
    mutating func watchDisk(_ now: UInt64) throws {
        guard let disk = engine.disk, disk.isShort else { return }
        if engine.pressure.disk == nil {
            engine.pressure.disk = Refusal(
                .storageFull, "the server's disk is full; send again later", retryAfter: Self.retryAfter)
            sink.store(
                noticed: StoreNotice(
                    .warning,
                    "the disk is full: nothing is taken in until there is room for the reserve beside \(disk.database); "
                        + "acknowledgements and deliveries go on"))
        }
        guard now >= lookedAtDiskAt + Self.lookEvery else { return }
        lookedAtDiskAt = now
        _ = try engine.truncateWAL()
        try disk.refill()
        guard !disk.isShort else { return }
        engine.pressure.disk = nil
        sink.store(noticed: StoreNotice(.info, "the disk has room again: messages are taken in"))
    }
}
