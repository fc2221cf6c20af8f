public import RestanteCore

/// Who may be woken, and how often.
public struct WakeOptions: Sendable {
    /// Providers by which devices may be woken; none: no target is taken, and nobody is woken.
    public var providers: Set<PushProvider> = []
    /// Firebase projects of which the server has a service account; nil: any.
    public var fcmProjects: Set<String>?
    /// Milliseconds for which a device that was woken is left alone, unless urgent mail comes.
    public var interval: Int64 = 20 * 60 * 1000
    /// Milliseconds between two wake-ups of a device for urgent mail.
    public var urgentInterval: Int64 = 10 * 1000
    /// Milliseconds after which a device is woken whose connection ended with mail still waiting; also after a start, since
    /// whoever was connected comes back by itself.
    ///
    /// Doubled each time that it comes and goes and acknowledges nothing, up to ``interval``.
    public var afterClose: Int64 = 60 * 1000
    /// Milliseconds after which a wake-up that no provider has taken is given up.
    public var deadline: Int64 = 24 * 3600 * 1000

    public init() {}

    /// Whether devices may be woken there.
    func serves(_ target: PushTarget) -> Bool {
        guard case .fcm(_, let app) = target else { return providers.contains(target.provider) }
        return serves(.fcm, app: app)
    }

    /// - Parameter app: as ``PushRow`` has it.
    func serves(_ provider: PushProvider, app: String) -> Bool {
        guard providers.contains(provider) else { return false }
        guard provider == .fcm, let fcmProjects else { return true }
        return fcmProjects.contains(app)
    }
}
