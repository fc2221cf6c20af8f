import FoundationEssentials
import RestanteCore
import RestanteWire
import SwiftProtobuf

extension Request {
    /// The request as a frame; those for operators have none and become an empty one, which the server declines. A
    /// connection is refreshed with a token instead.
    var wire: WireClientFrame.OneOf_Frame? {
        switch self {
        case .devices(let user): .devices(.with { $0.user = user.rawValue })
        case .status(let id): .status(.with { $0.messageID = Data(id.bytes) })
        case .cancel(let id): .cancel(.with { $0.messageID = Data(id.bytes) })
        case .unlink(let address):
            .unlink(
                .with {
                    $0.user = address.user.rawValue
                    $0.device = address.device.rawValue
                })
        case .block(let user): .block(.with { $0.user = user.rawValue })
        case .unblock(let user): .unblock(.with { $0.user = user.rawValue })
        case .listBlocks: .listBlocks(WireListBlocks())
        case .registerPush(let target, let display): .registerPush(WireRegisterPush(target, display))
        case .removePush: .removePush(WireRemovePush())
        case .deleteUser(let user): .deleteUser(.with { $0.user = user.rawValue })
        case .revoke(let owner): .revoke(WireRevoke(owner))
        case .refresh, .mailbox, .wake, .overview, .clock, .confirmClock, .probe: nil
        case .createGroup, .addMembers, .removeMembers, .leaveGroup, .setRole, .groupInfo, .listGroups, .groups,
            .deleteGroup:
            groupWire
        }
    }

    private var groupWire: WireClientFrame.OneOf_Frame? {
        switch self {
        case .createGroup(let group, let members, let admin):
            .createGroup(
                .with {
                    $0.group = group.rawValue
                    $0.admin = admin?.rawValue ?? ""
                    $0.members = members.map(\.rawValue)
                })
        case .addMembers(let group, let users):
            .addMembers(
                .with {
                    $0.group = group.rawValue
                    $0.users = users.map(\.rawValue)
                })
        case .removeMembers(let group, let users):
            .removeMembers(
                .with {
                    $0.group = group.rawValue
                    $0.users = users.map(\.rawValue)
                })
        case .setRole(let group, let user, let role):
            .setRole(
                .with {
                    $0.group = group.rawValue
                    $0.user = user.rawValue
                    $0.role = role == .admin ? .admin : .member
                })
        case .leaveGroup(let group): .leaveGroup(.with { $0.group = group.rawValue })
        case .groupInfo(let group): .groupInfo(.with { $0.group = group.rawValue })
        case .deleteGroup(let group): .deleteGroup(.with { $0.group = group.rawValue })
        case .listGroups: .listGroups(WireListGroups())
        case .groups(let user): .listGroups(.with { $0.user = user.rawValue })
        default: nil
        }
    }
}

extension WireRevoke {
    fileprivate init(_ owner: TokenOwner) {
        self.init()
        switch owner {
        case .user(let name): user = name.rawValue
        case .device(let address): device = WireDeviceAddress(address)
        case .service(let name): service = name.rawValue
        }
    }
}

extension WireRegisterPush {
    fileprivate init(_ target: PushTarget, _ display: PushDisplay) {
        self.init()
        placeholder = display.placeholder ?? ""
        labels = display.showsLabels
        provider = target.provider.name
        switch target {
        case .apns(let token, let topic, let isSandbox): (self.token, app, sandbox) = (token, topic, isSandbox)
        case .fcm(let token, let app): (self.token, self.app) = (token, app)
        case .webPush(let endpoint, let key, let secret):
            (token, self.key, self.secret) = (endpoint, Data(key), Data(secret))
        }
    }
}
