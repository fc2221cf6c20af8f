import RestanteCore
import RestanteWire

extension Refusal {
    init(_ it: WireRejected) throws(WireError) {
        self.init(code: it.code, name: it.name, reason: it.reason, retryAfter: it.retryAfter)
        if it.hasStale { stale = try StaleView(it.stale) }
    }

    init(_ it: WireFailure) {
        self.init(code: it.code, name: it.name, reason: it.reason, retryAfter: it.retryAfter)
    }

    /// A code of a later version is kept by its name, in the reason.
    private init(code: UInt32, name: String, reason: String, retryAfter: UInt32) {
        let known = ErrorCode(rawValue: Int(code))
        self.init(
            known ?? .badRequest, known == nil ? "\(name): \(reason)" : reason,
            retryAfter: retryAfter == 0 ? nil : Int(retryAfter))
    }
}

extension StaleView {
    fileprivate init(_ it: WireStale) throws(WireError) {
        var members: [MemberDevices] = []
        for member in it.members {
            members.append(
                MemberDevices(user: try .read(member.user), devices: try [DeviceName](reading: member.devices)))
        }
        self.init(
            version: it.version, members: members, missing: try [DeviceName](reading: it.missing),
            extra: try [DeviceName](reading: it.extra))
    }
}

extension [DeviceName] {
    init(reading names: [String]) throws(WireError) {
        self = []
        for name in names { append(try .read(name)) }
    }
}
