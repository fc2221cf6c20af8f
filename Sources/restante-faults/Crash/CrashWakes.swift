import RestanteCore
import RestanteStore

/// Whom the next process wakes after a kill: who has mail that it was not woken for, and nobody else.
struct CrashWakes {
    let killed: CrashFacts

    init(_ killed: CrashFacts) { self.killed = killed }

    func broken(in database: String) throws -> [String] {
        let store = try SteppedStore(path: database, options: CrashScript.wakingOptions(FaultClock()))
        defer { store.close() }
        let woken = Set(try store.wakes().map(\.device))
        let registered = try ReadOnlyDatabase(database).all("SELECT user || '/' || device FROM push") { $0.text(0) }
        return CrashScript.bobs.compactMap { device in
            guard registered.contains("\(device)") else { return nil }
            if mustBeWoken(device), !woken.contains(device) { return "\(device) has mail, and nobody wakes it" }
            if !mayBeWoken(device), woken.contains(device) { return "\(device) is woken, and nothing waits for it" }
            return nil
        }
    }

    /// Something was accepted for it that it has not tried to acknowledge, and no provider has taken a wake-up for it.
    private func mustBeWoken(_ device: DeviceAddress) -> Bool {
        let name = device.device.rawValue
        return killed.sent.dropFirst(killed.answered[name] ?? 0).contains { message in
            killed.accepted.contains(message.id) && killed.requested[name]?.contains(message.id) != true
        }
    }

    /// Something may have been accepted that it has not acknowledged, and the mark may not say that it was woken for it.
    private func mayBeWoken(_ device: DeviceAddress) -> Bool {
        let name = device.device.rawValue
        return killed.sent.dropFirst(killed.woken[name] ?? 0).contains { message in
            killed.acknowledged[name]?.contains(message.id) != true
        }
    }
}
