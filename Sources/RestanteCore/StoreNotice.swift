/// Something that an operator should know and that ends nothing.
public struct StoreNotice: Sendable, Equatable {
    public enum Level: Sendable {
        case notice
        case warning
    }

    public var level: Level
    /// What has happened and what to do. No payload, no key, no token.
    public var message: String

    public init(_ level: Level, _ message: String) {
        self.level = level
        self.message = message
    }
}
