public import RestanteCore
import SwiftProtobuf

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension WireServerFrame {
    /// The answer to a request.
    public static func answered(_ result: Result<RestanteCore.Reply, Refusal>, id: UInt64) -> WireServerFrame {
        .with {
            $0.requestID = id
            switch result {
            case .success(let reply): $0.reply = WireReply(reply)
            case .failure(let refusal): $0.failure = WireFailure(refusal)
            }
        }
    }
}

extension WireFailure {
    init(_ refusal: Refusal) {
        self.init()
        code = UInt32(refusal.code.rawValue)
        name = refusal.code.name
        reason = refusal.reason
        retryAfter = UInt32(clamping: refusal.retryAfter ?? 0)
    }
}

extension WireReply {
    init(_ reply: RestanteCore.Reply) {
        self.init()
        switch reply {
        case .devices(let list): devices = WireDeviceList(list)
        case .groupVersion(let version): groupVersion = .with { $0.version = version }
        case .group(let info): group = WireGroupInfo(info)
        case .groups(let list): groups = .with { $0.groups = list.map(WireGroupSummary.init) }
        case .status(let found): status = WireMessageStatus(found)
        case .refreshed(let expiresAt): refreshed = .with { $0.expiresAt = expiresAt }
        case .blocks(let users): blocks = .with { $0.users = users.map(\.rawValue) }
        case .done: done = WireDone()
        case .mailbox, .wake, .overview, .clock:
            preconditionFailure("operators' answers do not go over the clients' wire")
        }
    }
}

extension WireDeviceList {
    fileprivate init(_ list: DeviceList) {
        self.init()
        user = list.user.rawValue
        devices = list.devices.map(\.rawValue)
        version = list.version
    }
}

extension WireGroupInfo {
    fileprivate init(_ info: RestanteCore.GroupInfo) {
        self.init()
        group = info.name.rawValue
        version = info.version
        members = info.members.map { member in
            .with {
                $0.user = member.user.rawValue
                $0.role = WireRole(member.role)
                $0.joinedAt = member.joinedAt
            }
        }
    }
}

extension WireGroupSummary {
    fileprivate init(_ summary: RestanteCore.GroupSummary) {
        self.init()
        group = summary.name.rawValue
        version = summary.version
        role = WireRole(summary.role)
        memberCount = UInt32(clamping: summary.memberCount)
    }
}

extension WireMessageStatus {
    fileprivate init(_ status: RestanteCore.MessageStatus) {
        self.init()
        messageID = Data(status.id.bytes)
        acceptedAt = status.acceptedAt
        cancelled = status.cancelled
        devices = status.devices.map { entry in
            .with {
                $0.device = WireDeviceAddress(entry.device)
                $0.state = entry.state.name
            }
        }
    }
}
