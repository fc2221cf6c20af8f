import RestanteCore
import Synchronization

/// What an operator was told of providers within the last hour, so that the same is not told for each wake-up.
///
/// Reasons are texts of ours, names of a list, and statuses, which any server that a client names can choose: of a provider so
/// many are told apart, and what else comes meanwhile is one more.
final class HourlyReasons: Sendable {
    /// Most reasons of a provider that are told apart in an hour.
    static let most = 16
    static let others = "others: see restante_wake_requests_total, and the log at debug"

    private static let hour: Duration = .seconds(3600)

    private let told = Mutex<[PushProvider: [String: ContinuousClock.Instant]]>([:])

    /// What to tell now; nil: it was told already.
    func tell(_ reason: String, of provider: PushProvider, at now: ContinuousClock.Instant = .now) -> String? {
        told.withLock { told in
            var reasons = told[provider, default: [:]].filter { now - $0.value < Self.hour }
            let isKnown = reasons[reason] != nil
            let reason = isKnown || reasons.count < Self.most ? reason : Self.others
            let isNew = reasons[reason] == nil
            if isNew { reasons[reason] = now }
            told[provider] = reasons
            return isNew ? reason : nil
        }
    }
}
