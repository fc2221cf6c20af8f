public import RestanteCore

/// Who asks, as far as it matters for what a frame means.
enum Asker {
    case device(DeviceAddress)
    /// The app's backend, which says whose groups and devices it means.
    case service
}

/// What a service asks for in the body of `POST /v1/requests`.
public struct ServiceRequest: Sendable {
    /// As it came; it is given back with the answer.
    public var id: UInt64
    /// Or why it cannot be served.
    public var request: Result<Request, Refusal>

    init(_ frame: WireClientFrame) {
        id = frame.requestID
        do throws(Refusal) {
            guard let content = frame.frame else {
                throw Refusal(.unknownRequest, "this server does not know the request")
            }
            request = .success(try Request(content, from: .service))
        } catch {
            request = .failure(error)
        }
    }
}

extension Request {
    init(_ frame: WireClientFrame.OneOf_Frame, from asker: Asker) throws(Refusal) {
        switch frame {
        case .devices(let it): self = .devices(of: try name(it.user, "user"))
        case .createGroup(let it): try self.init(it, asker)
        case .addMembers(let it): self = .addMembers(try name(it.group, "group"), try names(it.users))
        case .removeMembers(let it): self = .removeMembers(try name(it.group, "group"), try names(it.users))
        case .leaveGroup(let it): self = .leaveGroup(try name(it.group, "group"))
        case .setRole(let it):
            guard it.hasRole else { throw Refusal(.badRequest, "say which role: ROLE_MEMBER or ROLE_ADMIN") }
            self = .setRole(try name(it.group, "group"), try name(it.user, "user"), try Role(it.role))
        case .groupInfo(let it): self = .groupInfo(try name(it.group, "group"))
        case .listGroups(let it): try self.init(it, asker)
        case .deleteGroup(let it): self = .deleteGroup(try name(it.group, "group"))
        case .status(let it): self = .status(try messageID(it.messageID))
        case .cancel(let it): self = .cancel(try messageID(it.messageID))
        case .unlink(let it):
            let device: DeviceName = try name(it.device, "device")
            if let user = try asker.subject(it.user) {
                self = .unlink(DeviceAddress(user: user, device: device))
            } else {
                self = .unlink(DeviceAddress(user: try name(it.user, "user"), device: device))
            }
        case .deleteUser(let it): self = .deleteUser(try name(it.user, "user"))
        case .revoke(let it): self = .revoke(try TokenOwner(it))
        case .block(let it): self = .block(try name(it.user, "user"))
        case .unblock(let it): self = .unblock(try name(it.user, "user"))
        case .listBlocks: self = .listBlocks
        case .registerPush(let it): self = .registerPush(try PushTarget(it), try PushDisplay(it))
        case .removePush: self = .removePush
        case .send, .ack, .ping, .refresh:
            // Of a connection these are told apart before.
            throw Refusal(.badRequest, "this is for connections; a service posts its messages to /v1/messages")
        }
    }

    private init(_ it: WireCreateGroup, _ asker: Asker) throws(Refusal) {
        let group: GroupName = try name(it.group, "group")
        let members = try names(it.members)
        let isOwn = try asker.subject(it.admin) != nil
        self = .createGroup(group, members: members, admin: isOwn ? nil : try name(it.admin, "admin"))
    }

    private init(_ it: WireListGroups, _ asker: Asker) throws(Refusal) {
        let isOwn = try asker.subject(it.user) != nil
        self = isOwn ? .listGroups : .groups(of: try name(it.user, "user"))
    }
}

extension Asker {
    /// Whom a request of a device is about: its own user, whether it says so or not. Nil: a service must say.
    fileprivate func subject(_ named: String) throws(Refusal) -> UserName? {
        guard case .device(let address) = self else { return nil }
        guard named.isEmpty || UserName(rawValue: named) == address.user else {
            throw Refusal(.notAllowed, "only a service asks on behalf of another user")
        }
        return address.user
    }
}

extension TokenOwner {
    fileprivate init(_ it: WireRevoke) throws(Refusal) {
        switch it.owner {
        case .user(let user): self = .user(try name(user, "user"))
        case .device(let address): self = .device(try DeviceAddress(address))
        case .service(let service): self = .service(try name(service, "service"))
        case nil: throw Refusal(.badRequest, "say whose tokens: a user's, a device's or a service's")
        }
    }
}

extension Role {
    fileprivate init(_ role: WireRole) throws(Refusal) {
        switch role {
        case .member: self = .member
        case .admin: self = .admin
        case .UNRECOGNIZED: throw Refusal(.badRequest, "a role is member or admin")
        }
    }
}
