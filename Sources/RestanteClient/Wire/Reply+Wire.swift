import RestanteCore
import RestanteWire

extension Reply {
    init(_ it: WireReply) throws(WireError) {
        switch it.reply {
        case .done: self = .done
        case .devices(let list):
            self = .devices(
                DeviceList(
                    user: try .read(list.user), devices: try [DeviceName](reading: list.devices), version: list.version)
            )
        case .groupVersion(let it): self = .groupVersion(it.version)
        case .group(let group): self = .group(try GroupInfo(group))
        case .groups(let list): self = .groups(try [GroupSummary](list))
        case .status(let status): self = .status(try MessageStatus(status))
        case .blocks(let list):
            var users: [UserName] = []
            for user in list.users { users.append(try .read(user)) }
            self = .blocks(users)
        case .refreshed(let it): self = .refreshed(expiresAt: it.expiresAt)
        case nil: throw .nonsense("an answer of a later version")
        }
    }
}

extension GroupInfo {
    fileprivate init(_ it: WireGroupInfo) throws(WireError) {
        var members: [Member] = []
        for member in it.members {
            members.append(
                Member(user: try .read(member.user), role: Role(member.role), joinedAt: member.joinedAt))
        }
        self.init(name: try .read(it.group), version: it.version, members: members)
    }
}

extension [GroupSummary] {
    fileprivate init(_ it: WireGroupList) throws(WireError) {
        self = []
        for group in it.groups {
            append(
                GroupSummary(
                    name: try .read(group.group), version: group.version, role: Role(group.role),
                    memberCount: Int(group.memberCount)))
        }
    }
}

extension MessageStatus {
    fileprivate init(_ it: WireMessageStatus) throws(WireError) {
        var devices: [Entry] = []
        for entry in it.devices {
            devices.append(
                Entry(device: try DeviceAddress(entry.device), state: try DeliveryState(wireName: entry.state)))
        }
        self.init(
            id: try .read(it.messageID), acceptedAt: it.acceptedAt, cancelled: it.cancelled, devices: devices)
    }
}

extension DeliveryState {
    fileprivate init(wireName: String) throws(WireError) {
        let all: [DeliveryState] = [.pending, .delivered] + LossReason.allCases.map { .lost($0) }
        guard let state = all.first(where: { $0.name == wireName }) else { throw .nonsense("an unknown state") }
        self = state
    }
}
