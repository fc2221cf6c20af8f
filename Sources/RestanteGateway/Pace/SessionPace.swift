import NIOCore
import RestanteCore
import RestanteWire

/// What a session is charged for: on the accounts of its device and of its user. Begun with the handshake, ended with
/// the connection.
struct SessionPace {
    /// The longest that paying back misses may take, however many were on their way at once.
    private static let mostDebt = TimeAmount.hours(1)

    private let name: UserName
    private let device: Account
    private let user: Account

    /// - Throws: a ``Refusal`` if that is one handshake, or one connection, too many.
    init(_ address: DeviceAddress, _ pace: Pace, now: NIODeadline) throws(Refusal) {
        guard let device = pace.devices.enter(address, now: now) else { throw Self.tooManyConnections }
        guard let user = pace.users.enter(address.user, now: now) else {
            device.leave()
            throw Self.tooManyConnections
        }
        name = address.user
        self.device = device
        self.user = user
        if let wait = take(1, .handshakes, now) {
            leave()
            throw .tooMany(.handshakes, wait: wait)
        }
    }

    private static var tooManyConnections: Refusal {
        Refusal(.rateLimited, "too many connections of one user are open", retryAfter: RetryAfter.seconds(.seconds(5)))
    }

    /// As if there had been no handshake.
    func undo() {
        device.giveBack(1, .handshakes)
        user.giveBack(1, .handshakes)
        leave()
    }

    func leave() {
        device.leave()
        user.leave()
    }

    /// The action if its sender may, or the typed refusal of it.
    ///
    /// - Parameter bytes: of the message that brought it.
    func admit(_ action: ClientAction, bytes: Int, now: NIODeadline) -> (action: ClientAction, isRefused: Bool) {
        let refusal: Refusal?
        switch action {
        case .send(let submission):
            refusal = owed(submission, now) ?? self.refusal(1, .messages, bytes, .bytes, now)
        case .refresh: refusal = self.refusal(1, .requests, 0, .lookUps, now)
        case .request(let request, _): refusal = self.refusal(1, .requests, request.lookUps, .lookUps, now)
        case .acknowledge, .ping, .rejectSend, .failRequest: refusal = nil
        }
        guard let refusal else { return (action, action.isUnservable) }
        switch action {
        case .send(let submission): return (.rejectSend(messageID: submission.id.bytes, refusal), true)
        case .request(_, let id), .refresh(_, let id): return (.failRequest(id: id, refusal), true)
        case .acknowledge, .ping, .rejectSend, .failRequest: return (action, false)
        }
    }

    /// A send to another user was refused for what devices there are. That tells as much as a look-up does, and is known only
    /// afterwards: it is charged then, whether or not there is something to take it from.
    func chargeMiss(now: NIODeadline) { user.charge(1, .misses, now: now, mostDebt: Self.mostDebt) }

    /// While misses are owed, messages to one other user wait: whether one is taken or not would tell.
    private func owed(_ submission: Submission, _ now: NIODeadline) -> Refusal? {
        guard let recipient = submission.recipient.user, recipient != name else { return nil }
        let wait = user.debt(.misses, now: now)
        return wait > .zero ? .tooMany(.misses, wait: wait) : nil
    }

    /// Takes both or nothing.
    private func refusal(
        _ amount: Int, _ charge: Charge, _ secondAmount: Int, _ second: Charge, _ now: NIODeadline
    ) -> Refusal? {
        if let wait = take(amount, charge, now) { return .tooMany(charge, wait: wait) }
        guard secondAmount > 0, let wait = take(secondAmount, second, now) else { return nil }
        device.giveBack(amount, charge)
        user.giveBack(amount, charge)
        return .tooMany(second, wait: wait)
    }

    private func take(_ amount: Int, _ charge: Charge, _ now: NIODeadline) -> TimeAmount? {
        if let wait = device.take(amount, charge, now: now) { return wait }
        guard let wait = user.take(amount, charge, now: now) else { return nil }
        device.giveBack(amount, charge)
        return wait
    }
}

extension ClientAction {
    /// Refused by its form: it costs no account anything, but its connection what a refusal does.
    fileprivate var isUnservable: Bool {
        switch self {
        case .rejectSend, .failRequest: true
        case .send, .acknowledge, .ping, .request, .refresh: false
        }
    }
}
