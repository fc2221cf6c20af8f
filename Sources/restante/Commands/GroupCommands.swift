import ArgumentParser
import RestanteCore

/// Groups, as one of their members.
struct GroupCommands: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "group",
        abstract: "Make and change groups, as one of their members.",
        discussion: """
            Who makes a group is its first admin; admins add, remove, give roles and delete. Members are told of each change \
            by a message of the group.

              restante group create book-club bob carol --as alice/laptop
              restante group info book-club --as alice/laptop
              restante group role book-club bob admin --as alice/laptop
            """,
        subcommands: [
            Create.self, Add.self, Remove.self, Leave.self, SetRole.self, Info.self, List.self, Delete.self,
        ])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Make a group with these members and yourself.")
        @OptionGroup var group: GroupArgument
        @Argument(help: "Users to begin with.") var users: [String] = []

        func run() async throws { try await group.change(.createGroup(group.name(), members: names(users))) }
    }

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Add members; they see what comes after.")
        @OptionGroup var group: GroupArgument
        @Argument(help: "Users to add.") var users: [String]

        func run() async throws { try await group.change(.addMembers(group.name(), names(users))) }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Remove members; they get what came before.")
        @OptionGroup var group: GroupArgument
        @Argument(help: "Users to remove.") var users: [String]

        func run() async throws { try await group.change(.removeMembers(group.name(), names(users))) }
    }

    struct Leave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Leave a group.")
        @OptionGroup var group: GroupArgument

        func run() async throws { try await group.change(.leaveGroup(group.name())) }
    }

    struct SetRole: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "role", abstract: "Make a member an admin, or not.")
        @OptionGroup var group: GroupArgument
        @Argument(help: "The member.") var user: String
        @Argument(help: "admin or member.") var role: String

        func validate() throws {
            guard Role(name: role) != nil else { throw ValidationError("A role is 'admin' or 'member'.") }
        }

        func run() async throws {
            guard let role = Role(name: role) else { preconditionFailure("validated") }
            try await group.change(.setRole(group.name(), restante.name(user, "user"), role))
        }
    }

    struct Info: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a group's members.")
        @OptionGroup var group: GroupArgument

        func run() async throws {
            guard case .group(let info) = try await ask(.groupInfo(group.name()), group.options) else {
                preconditionFailure("another answer than was asked for")
            }
            print("\(info.name.rawValue.printable)  version \(info.version)")
            for member in info.members {
                print("\(member.user.rawValue.printable)\t\(member.role.name)\tsince \(timeText(member.joinedAt))")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "List the groups that you are in.")
        @OptionGroup var options: ClientOptions

        func run() async throws {
            guard case .groups(let groups) = try await ask(.listGroups, options) else {
                preconditionFailure("another answer than was asked for")
            }
            for group in groups {
                let members = "\(group.memberCount) members"
                print("\(group.name.rawValue.printable)\t\(group.role.name)\t\(members)\tversion \(group.version)")
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a group for all of its members.")
        @OptionGroup var group: GroupArgument

        func run() async throws { try await group.change(.deleteGroup(group.name())) }
    }
}

/// The group that a command is about, and who asks.
struct GroupArgument: ParsableArguments {
    @OptionGroup var options: ClientOptions
    @Argument(help: "The group.") var group: String

    func name() throws(CommandFailure) -> GroupName { try restante.name(group, "group") }

    /// Makes a change and prints what it came to.
    func change(_ request: Request) async throws {
        switch try await ask(request, options) {
        case .groupVersion(let version): print("done; the group's version is \(version)")
        default: print("done")
        }
    }
}

private func names(_ users: [String]) throws(CommandFailure) -> [UserName] {
    try users.map { user throws(CommandFailure) in try name(user, "user") }
}
