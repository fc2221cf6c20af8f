import RestanteCore

/// Why nothing that makes the file grow is taken on for now; acknowledgements, reads and sweeps go on.
struct Pressure {
    /// The disk is full.
    var disk: Refusal?
    /// The database has come to the limit that the operator set.
    var database: Refusal?
    /// The WAL has come to its hard cap, because a foreign reader holds it.
    var wal: Refusal?

    var refusal: Refusal? { disk ?? wal ?? database }
}

extension Engine {
    /// Called before a command writes what stays: messages, devices, memberships.
    func checkRoom() throws {
        if let refusal = pressure.refusal { throw refusal }
    }
}
