import RestanteCore

/// A moment at which a wake is to be looked at again.
struct Due: Comparable {
    var at: Duration
    var device: DeviceAddress
    /// Which of the device's wakes it is about.
    var serial: UInt64

    static func < (one: Due, other: Due) -> Bool { one.at < other.at }
    static func == (one: Due, other: Due) -> Bool { one.at == other.at }
}
