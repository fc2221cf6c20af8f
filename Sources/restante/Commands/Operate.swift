import ArgumentParser
import RestanteCore

/// Devices, as the operator.
struct Device: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "List or unlink the devices of a user, as the operator of a running server.",
        discussion: """
              restante device list bob
              restante device unlink bob phone

            An unlinked device is disconnected, what waits for it is forgotten, and it comes back only with a token made later.
            """,
        subcommands: [List.self, Unlink.self])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show a user's devices and what waits for each.")
        @OptionGroup var server: OperatorsOptions
        @Argument(help: "The user.") var user: String

        func run() async throws {
            let devices = try await server.client.get(
                "/v1/users/\(pathPart(user, "user"))/devices", as: [DeviceBody].self)
            for device in devices {
                let seen =
                    device.connected ? "connected to \(device.node ?? "")" : "last seen \(timeText(device.lastSeenAt))"
                print("\(device.device.printable)\t\(device.messages) waiting, \(device.bytes) bytes\t\(seen)")
            }
        }
    }

    struct Unlink: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "End a device.")
        @OptionGroup var server: OperatorsOptions
        @Argument(help: "The user.") var user: String
        @Argument(help: "The device.") var device: String

        func run() async throws {
            let path = "/v1/users/\(try pathPart(user, "user"))/devices/\(try pathPart(device, "device"))"
            _ = try await server.client.delete(path, as: DoneBody.self)
            print("unlinked")
        }
    }
}

/// Users, as the operator.
struct User: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Delete a user, as the operator of a running server.", subcommands: [Delete.self])

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forget a user: its devices, mail and memberships; what it sent to others stays.",
            discussion: "  restante user delete bob")
        @OptionGroup var server: OperatorsOptions
        @Argument(help: "The user.") var user: String

        func run() async throws {
            _ = try await server.client.delete("/v1/users/\(try pathPart(user, "user"))", as: DoneBody.self)
            print("deleted")
        }
    }
}
