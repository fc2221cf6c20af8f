/// Something that the store wants its operator to know, and that is no failure: the gateway logs it.
public struct StoreNotice: Sendable, Equatable {
    public enum Level: Sendable {
        case info
        /// Something is wrong that the store works around, and that wants to be put right.
        case warning
    }

    public var level: Level
    /// What is so, and what to do, for the operator.
    public var message: String

    public init(_ level: Level, _ message: String) {
        self.level = level
        self.message = message
    }
}
