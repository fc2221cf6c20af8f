import RestanteCore
import SwiftProtobuf

extension WireDeviceAddress {
    init(_ address: RestanteCore.DeviceAddress) {
        self.init()
        user = address.user.rawValue
        device = address.device.rawValue
    }
}

extension WireSender {
    init(_ sender: RestanteCore.Sender) {
        self.init()
        switch sender {
        case .device(let address): device = WireDeviceAddress(address)
        case .service(let name): service = name.rawValue
        }
    }
}

extension WireConversation {
    init(_ conversation: RestanteCore.Conversation) {
        self.init()
        switch conversation {
        case .user(let name): user = name.rawValue
        case .device(let address): device = WireDeviceAddress(address)
        case .group(let name): group = name.rawValue
        }
    }
}

extension WireKind {
    init(_ kind: MessageKind) {
        switch kind {
        case .message: self = .message
        case .membership: self = .membership
        case .devices: self = .devices
        }
    }
}

extension WireRole {
    init(_ role: RestanteCore.Role) { self = role == .admin ? .admin : .member }
}

extension WireLossReason {
    init(_ reason: RestanteCore.LossReason) {
        switch reason {
        case .expired: self = .expired
        case .quota: self = .quota
        case .removed: self = .removed
        case .unlinked: self = .unlinked
        case .damaged: self = .damaged
        case .deleted: self = .deleted
        }
    }
}

extension WireLimits {
    init(_ limits: RestanteCore.Limits) {
        self.init()
        messageBytes = UInt32(clamping: limits.messageBytes)
        nameBytes = UInt32(clamping: Limits.nameBytes)
        windowMessages = UInt32(clamping: limits.windowMessages)
        windowBytes = UInt32(clamping: limits.windowBytes)
        groupMembers = UInt32(clamping: limits.groupMembers)
        groupsPerUser = UInt32(clamping: limits.groupsPerUser)
        devicesPerUser = UInt32(clamping: limits.devicesPerUser)
        ttl = UInt32(clamping: limits.timeToLive)
        dedupeHorizon = UInt32(clamping: limits.dedupeHorizon)
    }
}

extension WireStale {
    init(_ view: StaleView) {
        self.init()
        version = view.version
        members = view.members.map { member in
            .with {
                $0.user = member.user.rawValue
                $0.devices = member.devices.map(\.rawValue)
            }
        }
        missing = view.missing.map(\.rawValue)
        extra = view.extra.map(\.rawValue)
    }
}
