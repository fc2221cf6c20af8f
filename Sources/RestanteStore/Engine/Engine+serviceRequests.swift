import RestanteCore

/// What the app's backend asks for on behalf of others: with an admin's rights in every group, of which it is no member.
///
/// Whether its token allows that is the gateway's to check. Changes are told as from the service.
extension Engine {
    func answer(_ request: Request, service author: Author) throws -> Reply {
        switch request {
        case .devices(let user): return .devices(try devices(of: user))
        case .unlink(let device):
            try unlink(device, by: author.key, as: .operator)
            return .done
        case .deleteUser(let user):
            try deleteUser(user)
            return .done
        case .revoke(let owner):
            try revoke(owner)
            return .done
        case .status(let id): return .status(try status(of: id, from: author.key))
        case .cancel(let id):
            try cancel(id, from: author.key)
            return .done
        case .groups(let user): return .groups(try groups(of: user))
        default: return try answerForGroup(request, author)
        }
    }

    private func answerForGroup(_ request: Request, _ author: Author) throws -> Reply {
        switch request {
        case .createGroup(let name, let members, let admin):
            guard let admin else { throw Refusal(.badRequest, "say who is to be the group's admin") }
            return .groupVersion(try createGroup(name, members, by: author, admin))
        case .addMembers(let name, let users):
            return .groupVersion(try addMembers(users, membership(name, of: author)))
        case .removeMembers(let name, let users):
            return .groupVersion(try removeMembers(users, membership(name, of: author)))
        case .setRole(let name, let user, let role):
            return .groupVersion(try setRole(of: user, to: role, membership(name, of: author)))
        case .groupInfo(let name):
            return .group(try groupInfo(membership(name, of: author)))
        case .deleteGroup(let name):
            try deleteGroup(membership(name, of: author))
            return .done
        case .leaveGroup:
            throw Refusal(.badRequest, "a service is no member; it removes members")
        default:
            throw Refusal(.notAllowed, "this request is a device's or an operator's to make")
        }
    }

    private func membership(_ name: GroupName, of author: Author) throws -> Membership {
        guard let group = try directory.group(name) else { throw Refusal(.notFound, "there is no such group") }
        return Membership(name: name, group: group, user: nil, device: author.key, role: .admin)
    }
}
