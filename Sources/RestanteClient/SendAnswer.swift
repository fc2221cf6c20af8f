/// What a send that the server took is answered with.
public enum SendAnswer: Sendable, Equatable {
    /// Durable on the server (P1), at this time in milliseconds since the epoch. `duplicate`: it had it already (P4).
    case accepted(at: Int64, duplicate: Bool)
    /// Ephemeral: handed to whoever is connected.
    case relayed
}
