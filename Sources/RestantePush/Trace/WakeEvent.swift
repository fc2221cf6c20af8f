public import RestanteCore

/// Something that happened to the wake-ups of a device.
public struct WakeEvent: Sendable, Equatable {
    public enum Kind: Sendable, Equatable {
        /// The store has handed a wake-up in.
        case due(Urgency)
        /// Its provider is asked; the first attempt is 1.
        case sent(PushProvider, attempt: Int)
        case answered(PushAnswer, took: Duration)
        case ended(WakeOutcome)
        /// The device has connected before its provider took it.
        case cancelled
        /// The device has connected for the first time since its provider took a wake-up, the last one so long ago.
        case connected(after: Duration)
    }

    /// Milliseconds since the epoch, UTC.
    public var at: Int64
    public var kind: Kind

    public init(at: Int64, _ kind: Kind) {
        self.at = at
        self.kind = kind
    }
}
