/// Whom users may reach without having been asked, as the operator sets it. Services may always.
public struct Policies: Sendable, Equatable {
    /// Whom a user may reach, besides itself.
    public enum Reach: String, CaseIterable, Sendable {
        case any
        /// Users that are in a group with it.
        case sharedGroup = "shared-group"
        /// Nobody: services alone do.
        case service
    }

    /// To whom a user may send directly, to all devices or to one.
    public var send = Reach.any
    /// Whom a user may add to a group.
    public var groupAdd = Reach.any

    public init(send: Reach = .any, groupAdd: Reach = .any) {
        self.send = send
        self.groupAdd = groupAdd
    }
}
