import RestanteCore

/// Where devices are woken.
extension Engine {
    func registerPush(_ target: PushTarget, showing display: PushDisplay, for device: DeviceKey) throws {
        guard wakes.options.providers.contains(target.provider) else {
            throw Refusal(
                .unavailable,
                "this server wakes no devices by way of \(target.provider.name): its operator would have to set that up"
            )
        }
        guard wakes.options.serves(target) else {
            throw Refusal(
                .unavailable,
                "this server has no service account of this Firebase project: register with app set to the id of its own,"
                    + " or have its operator set push.fcmAccount")
        }
        try PushRow(target, display, registeredAt: wallTime).insert(connection, for: device)
        wakes.turnOn()
    }

    /// The device is not to be woken any more, not for what was asked for either.
    func removePush(of device: DeviceKey) throws {
        try connection.run("DELETE FROM push_targets WHERE device_id = ?1", device)
        if wakes.forget(device), case .device(let address) = try directory.sender(device) { unwoken.append(address) }
    }

    func takeUnwoken() -> [DeviceAddress] {
        defer { unwoken = [] }
        return unwoken
    }

    /// As an operator asks for it: whatever waits, and nothing is noted.
    func wake(of address: DeviceAddress) throws -> Wake {
        guard let device = try directory.user(address.user)?.device(address.device) else { throw Refusal.noSuchDevice }
        guard let (row, target) = try pushTarget(of: device.key) else {
            throw Refusal(
                .notFound, "this device has not said where it is woken, or not by a provider that the server has")
        }
        return Wake(
            device: address, target: target, registeredAt: row.registeredAt, urgency: .urgent,
            deadline: wallTime + wakes.options.deadline, text: row.display.placeholder)
    }

    func pushTarget(of device: DeviceKey) throws -> (row: PushRow, target: PushTarget)? {
        guard let row = try PushRow(connection, of: device), let target = row.target,
            wakes.options.serves(target)
        else { return nil }
        return (row, target)
    }

    /// How many devices have registered where the server wakes nobody any more.
    fileprivate func unservedTargets() throws -> Int64 {
        let served = wakes.options.providers.map { "\($0.rawValue)" }.joined(separator: ",")
        let unserved =
            try connection.first("SELECT count(*) FROM push_targets WHERE provider NOT IN (\(served))") { $0.int(0) }
            ?? 0
        guard let projects = wakes.options.fcmProjects, wakes.options.providers.contains(.fcm) else { return unserved }
        let apps = try connection.all(
            "SELECT app, count(*) FROM push_targets WHERE provider = ?1 GROUP BY app", Int64(PushProvider.fcm.rawValue)
        ) { (app: $0.text(0), count: $0.int(1)) }
        return apps.reduce(unserved) { projects.contains($1.app) ? $0 : $0 + $1.count }
    }
}

extension SQLiteStore {
    /// How many devices have registered with a provider, or for a Firebase project, that the options do not have: they are not woken.
    public func unservedTargets() async throws -> Int64 { try await ask { try $0.unservedTargets() } }
}
