import RestanteCore

/// By whom devices were woken within the last minute: whoever connects then has perhaps come for it.
///
/// Two tables, of which the older is dropped once a minute, so that those who never come take no memory for long. Times are
/// milliseconds of the store's clock. Belongs to the store's thread.
struct RecentWakes {
    static let minute: Int64 = 60_000

    private struct Woken {
        let at: Int64
        let provider: PushProvider
    }

    private var younger: [DeviceKey: Woken] = [:]
    private var older: [DeviceKey: Woken] = [:]
    private var turnedAt: Int64 = 0

    /// A provider has taken a wake-up.
    mutating func note(_ device: DeviceKey, by provider: PushProvider, at time: Int64) {
        if time > turnedAt + Self.minute {
            (younger, older) = ([:], younger)
            turnedAt = time
        }
        younger[device] = Woken(at: time, provider: provider)
    }

    /// The device has come. The provider by which it was woken, if that was within the last minute.
    mutating func take(_ device: DeviceKey, at now: Int64) -> PushProvider? {
        let (young, old) = (younger.removeValue(forKey: device), older.removeValue(forKey: device))
        guard let woken = young ?? old, (0...Self.minute).contains(now - woken.at) else { return nil }
        return woken.provider
    }

    mutating func forget(_ device: DeviceKey) {
        younger[device] = nil
        older[device] = nil
    }

    var count: Int { younger.count + older.count }
}
