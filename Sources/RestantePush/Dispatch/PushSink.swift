public import RestanteCore

/// Is told what becomes of wakes. Called by one task, one call after the other; a slow sink delays what follows.
public protocol PushSink: Sendable {
    /// A wake has ended. Each ends once, unless it was cancelled, replaced by a later one for its device, or waited
    /// when the dispatcher shut down: of those nothing is said. The end of a request that was under way when its wake
    /// was cancelled is told nevertheless.
    func ended(_ wake: Wake, _ outcome: WakeOutcome)

    /// A wake was handed in. A later one for the device may take its place before a provider is asked.
    func due(_ wake: Wake)

    /// A provider is about to be asked, the `attempt`th time for this wake; the first is 1.
    func asked(_ wake: Wake, attempt: Int)

    /// A provider has answered; several times for a wake that is tried again.
    func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration)

    /// A device has connected: ``PushDispatcher/cancel(_:)`` was called, which it is for devices that nobody has woken,
    /// too.
    ///
    /// - Parameter isCancelled: whether a wake of it was dropped, or is under way and not made again.
    func connected(_ device: DeviceAddress, isCancelled: Bool)

    /// Somebody has to look. Of the same reason once an hour, not once a wake.
    func alarm(_ provider: PushProvider, reason: String, of alarm: PushAlarm)
}

extension PushSink {
    public func due(_ wake: Wake) {}
    public func asked(_ wake: Wake, attempt: Int) {}
    public func connected(_ device: DeviceAddress, isCancelled: Bool) {}
    public func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration) {}
    public func alarm(_ provider: PushProvider, reason: String, of alarm: PushAlarm) {}
}
