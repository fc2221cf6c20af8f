import RestanteCore
import RestanteStore

/// What one device got.
struct Drained {
    var messages: [MessageID: Message] = [:]
    var repeated = 0
    /// Messages that were told as missing.
    var missing: Int64 = 0
    var refusal: Refusal?

    func difference(from owed: Drained) -> String {
        "\(messages.count) of \(owed.messages.count) messages, \(missing) told as missing, \(refusal?.reason ?? "")"
    }

    /// What came must be owed, and all that is owed have come or been told.
    ///
    /// - Parameter truth: every message that there ever was to read.
    func compared(
        with owed: Drained, _ truth: [String: String], of device: DeviceAddress
    ) -> DamageVerdict.Kind {
        if refusal != nil { return .device }
        for message in messages.values
        where truth["\(message.id)"] != message.fingerprint || !message.conversation.isRead(by: device) {
            return .wrong
        }
        let lost = Int64(owed.messages.keys.count { messages[$0] == nil })
        let told = missing - owed.missing
        if lost > max(0, told) { return .silent }
        if repeated > owed.repeated || messages.keys.contains(where: { owed.messages[$0] == nil }) { return .repeated }
        if lost > 0 { return .gap }
        return told > 0 ? .overtold : .harmless
    }
}

/// What all devices of a store got.
struct DrainedStore {
    var devices: [DeviceAddress: Drained] = [:]

    /// Opens it, drains every device to the end, and stops it.
    static func drain(_ path: String) async throws -> DrainedStore {
        let caller = try StoreCaller(path: path, options: StoreOptions())
        do {
            var found = DrainedStore()
            for (number, device) in DamageFixture.devices.enumerated() {
                found.devices[device] = try await drain(device, SessionID(UInt64(number + 1)), caller)
            }
            await caller.store.shutdown()
            return found
        } catch {
            await caller.store.shutdown()
            throw error
        }
    }

    private static func drain(
        _ device: DeviceAddress, _ session: SessionID, _ caller: StoreCaller
    ) async throws -> Drained {
        var drained = Drained()
        let claim = Claim(session: session, address: device, tokenIssuedAt: .max / 2000)
        for case .claimRefused(session, let refusal) in try await caller.perform([.claim(claim)]) {
            drained.refusal = refusal
            return drained
        }
        var hasMore = true
        while hasMore {
            hasMore = false
            for case .page(session, let page, let more) in try await caller.perform([.read(session)]) {
                hasMore = hasMore || more
                drained.take(page)
                if let last = page.last { try await caller.perform([.acknowledge(session, through: last.tag)]) }
            }
        }
        return drained
    }
}

extension Drained {
    fileprivate mutating func take(_ page: [Delivery]) {
        for delivery in page {
            switch delivery.owed {
            case .message(let message):
                if messages.updateValue(message, forKey: message.id) != nil { repeated += 1 }
            case .gap(_, let count, _): missing += count
            case .receipt, .undelivered: break
            }
        }
    }
}

extension Conversation {
    fileprivate func isRead(by device: DeviceAddress) -> Bool {
        switch self {
        case .user(let user): user == device.user
        case .device(let address): address == device
        case .group(let group):
            DamageFixture.members[group.rawValue, default: 0]
                > (DamageFixture.users.firstIndex(of: device.user.rawValue) ?? .max)
        }
    }
}

extension Message {
    /// All that its reader sees of it, in a line.
    var fingerprint: String {
        let sum = payload.reduce(into: UInt64(14_695_981_039_346_656_037)) {
            $0 = ($0 ^ UInt64($1)) &* 1_099_511_628_211
        }
        return "\(from) \(conversation) \(acceptedAt) \(kind) \(urgency) \(payload.count) \(sum)"
    }
}
