import RestanteCore

/// A service of the app's backend that has asked for something.
struct ServiceEntry {
    let key: DeviceKey
    /// Tokens that were issued in this second or before count no more.
    let revokedThrough: Int64?
}

extension Engine {
    /// The service's row among the senders; a service is known from its first call on.
    func service(_ name: ServiceName, issuedAt: Int64) throws -> DeviceKey {
        if let entry = services[name] {
            try checkIssued(issuedAt, after: entry.revokedThrough)
            return entry.key
        }
        let revokedThrough = try revokedThrough(.service(name))
        try checkIssued(issuedAt, after: revokedThrough)
        let entry = ServiceEntry(key: try serviceKey(name), revokedThrough: revokedThrough)
        services[name] = entry
        return entry.key
    }

    private func serviceKey(_ name: ServiceName) throws -> DeviceKey {
        let now = now
        try connection.run(
            "INSERT OR IGNORE INTO devices(kind, user, device, registered_at, last_seen_at)"
                + " VALUES ('service', ?1, '', ?2, ?2)", name.rawValue, now)
        let found = try connection.first(
            "SELECT device_id FROM devices WHERE kind = 'service' AND user = ?1 AND unlinked_at IS NULL", name.rawValue
        ) { $0.int(0) }
        guard let key = found else {
            throw StoreError.damaged("the service \(name.rawValue) has a row that is not found")
        }
        return key
    }
}
