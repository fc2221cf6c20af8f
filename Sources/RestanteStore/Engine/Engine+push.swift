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

    /// Of some devices behind this one: how many have registered where the server wakes nobody any more, and the last of them; nil: there
    /// are no others.
    fileprivate func unservedTargets(after device: DeviceKey) throws -> (count: Int64, last: DeviceKey?) {
        let stride = 256
        let rows = try connection.all(
            "SELECT device_id, provider, app FROM push_targets WHERE device_id > ?1 ORDER BY device_id LIMIT ?2",
            device,
            stride
        ) { (device: $0.int(0), provider: PushProvider(rawValue: Int($0.int(1))), app: $0.text(2)) }
        let unserved = rows.count { row in row.provider.map { wakes.options.serves($0, app: row.app) } != true }
        return (Int64(unserved), rows.count == stride ? rows.last?.device : nil)
    }
}

extension SQLiteStore {
    /// How many devices have registered with a provider, or for a Firebase project, that the options do not have: they are not woken. Counted
    /// between batches, some at a time.
    public func unservedTargets() async throws -> Int64 {
        var (count, next): (Int64, DeviceKey?) = (0, 0)
        while let device = next {
            let some = try await ask { try $0.unservedTargets(after: device) }
            (count, next) = (count + some.count, some.last)
        }
        return count
    }
}
