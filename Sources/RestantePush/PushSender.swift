public import RestanteCore

/// Speaks to one provider.
public protocol PushSender: Sendable {
    var provider: PushProvider { get }

    /// Asks the provider once to wake a device, and returns within the sender's own time limit.
    ///
    /// Never throws: whatever goes wrong is an answer. When the task is cancelled it returns early, with any answer.
    func send(_ wake: Wake) async -> PushAnswer

    /// Asks the provider what ``send(_:)`` would, in a way that wakes nobody; nil if it has none.
    func check(_ wake: Wake) async -> PushAnswer?

    /// Closes its connections. Nothing is sent afterwards.
    func shutdown() async
}

extension PushSender {
    public func check(_ wake: Wake) async -> PushAnswer? { nil }
}

/// What came of asking a provider once.
///
/// Reasons are texts of ours or names from the provider's documented list: they hold no token, no endpoint and no key
/// (P6).
public enum PushAnswer: Sendable, Equatable {
    /// The provider has taken it.
    case taken
    /// The target is gone, and was still alive when it was registered.
    case unregistered
    /// Not now: `after` is how long the provider wants to be left alone, nil where it did not say.
    case retry(after: Duration?, reason: String, of: PushReach = .all)
    /// Not like this.
    case refused(reason: String, alarm: PushAlarm = .none)
}

/// Whom a provider does not want to be asked for.
public enum PushReach: Sendable, Equatable {
    /// All who are woken by the same server or account.
    case all
    /// This device alone.
    case target
}

/// What an operator should hear of.
public enum PushAlarm: Sendable, Equatable {
    case none
    /// The target does not belong to our credentials: another app's, most likely. Of one device only, and not asked again.
    case target
    /// Our credentials are refused, which an operator can put right: it is asked again, slowly.
    case credentials
}
