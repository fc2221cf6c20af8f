import RestanteCore

/// Where devices are woken.
extension Engine {
    func registerPush(_ target: PushTarget, showing display: PushDisplay, for device: DeviceKey) throws {
        guard wakes.options.providers.contains(target.provider) else {
            throw Refusal(.unavailable, "this server wakes no devices by way of \(target.provider.name)")
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
            wakes.options.providers.contains(target.provider)
        else { return nil }
        return (row, target)
    }
}
