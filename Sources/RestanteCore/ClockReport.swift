/// How the store's clock stands to the machine's. Times are milliseconds since the epoch, UTC.
public struct ClockReport: Sendable, Equatable {
    public var wall: Int64
    public var store: Int64
    /// Why the store does not follow the wall clock, and what to do; nil: it does.
    public var held: String?

    public init(wall: Int64, store: Int64, held: String? = nil) {
        self.wall = wall
        self.store = store
        self.held = held
    }
}
