import NIOConcurrencyHelpers
import NIOCore

/// What one device, user, service or address has used of its ``Allowance``: shared by all its connections, on whatever
/// event loop they are.
final class Account: Sendable {
    private struct State {
        var connections = 0
        var strangers = 0
        var buckets = [TokenBucket](repeating: TokenBucket(), count: Charge.allCases.count)
    }

    private let allowance: Allowance
    private let state = NIOLockedValueBox(State())

    init(_ allowance: Allowance) {
        self.allowance = allowance
    }

    /// Takes so much, or nothing. Nil: it was allowed; else the time after which it will be.
    func take(_ amount: Int = 1, _ charge: Charge, now: NIODeadline) -> TimeAmount? {
        guard let rate = allowance[charge] else { return nil }
        return state.withLockedValue { $0.buckets[charge.rawValue].take(amount, of: rate, now: now) }
    }

    /// Takes so much whether it is there or not.
    ///
    /// - Parameter mostDebt: the longest time that paying back may take.
    func charge(_ amount: Int, _ charge: Charge, now: NIODeadline, mostDebt: TimeAmount) {
        guard let rate = allowance[charge] else { return }
        state.withLockedValue {
            $0.buckets[charge.rawValue].charge(amount, of: rate, now: now, mostDebt: mostDebt)
        }
    }

    /// The time after which nothing is owed; zero if nothing is.
    func debt(_ charge: Charge, now: NIODeadline) -> TimeAmount {
        guard let rate = allowance[charge] else { return .zero }
        return state.withLockedValue { $0.buckets[charge.rawValue].debt(of: rate, now: now) }
    }

    func giveBack(_ amount: Int = 1, _ charge: Charge) {
        guard let rate = allowance[charge] else { return }
        state.withLockedValue { $0.buckets[charge.rawValue].giveBack(amount, of: rate) }
    }

    /// One more connection; false, and none more, if that would be too many.
    func enter(isStranger: Bool = false) -> Bool {
        state.withLockedValue { state in
            guard state.connections < allowance.connections ?? .max,
                !isStranger || state.strangers < allowance.strangers ?? .max
            else { return false }
            state.connections += 1
            if isStranger { state.strangers += 1 }
            return true
        }
    }

    /// The stranger has said who it is, and stays.
    func isKnown() { state.withLockedValue { $0.strangers -= 1 } }

    func leave(isStranger: Bool = false) {
        state.withLockedValue { state in
            state.connections -= 1
            if isStranger { state.strangers -= 1 }
        }
    }

    /// Forgetting it would make no difference.
    func isFresh(at now: NIODeadline) -> Bool {
        state.withLockedValue { $0.connections == 0 && $0.buckets.allSatisfy { $0.isFull(at: now) } }
    }

    var isConnected: Bool { state.withLockedValue { $0.connections > 0 } }
}
