public import RestanteCore

/// Is told what becomes of wakes. Called by one task, one call after the other; a slow sink delays what follows.
public protocol PushSink: Sendable {
    /// A wake has ended. Each ends once, unless it was cancelled, replaced by a later one for its device, or waited
    /// when the dispatcher shut down: of those nothing is said. The end of a request that was under way when its wake
    /// was cancelled is told nevertheless.
    func ended(_ wake: Wake, _ outcome: WakeOutcome)

    /// A provider has answered; several times for a wake that is tried again.
    func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration)

    /// Our credentials are refused: somebody has to look. Once until something is taken again, not once a wake.
    func alarm(_ provider: PushProvider, reason: String)
}

extension PushSink {
    public func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration) {}
    public func alarm(_ provider: PushProvider, reason: String) {}
}
