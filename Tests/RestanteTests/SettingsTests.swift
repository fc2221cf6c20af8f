import ArgumentParser
import Configuration
import Foundation
import RestanteCore
import RestanteGateway
import Testing

@testable import restante

@Suite final class SettingsTests {
    private let file = FileManager.default.temporaryDirectory.appending(path: "restante-\(UUID().uuidString).json").path

    deinit { try? FileManager.default.removeItem(atPath: file) }

    private func read(
        flags: [Setting: ConfigValue] = [:], environment: [String: String] = [:], json: String? = nil
    ) async throws -> ServeSettings {
        if let json { try Data(json.utf8).write(to: URL(filePath: file)) }
        var reader = try await SettingsReader(flags: flags, environment: environment, file: json.map { _ in file })
        return try reader.read()
    }

    /// The message of the failure that reading ends with.
    private func problems(
        flags: [Setting: ConfigValue] = [:], environment: [String: String] = [:], json: String? = nil
    ) async -> String {
        let failure = await #expect(throws: CommandFailure.self) {
            _ = try await read(flags: flags, environment: environment, json: json)
        }
        #expect(failure?.status == ExitStatus.configuration.rawValue)
        return failure?.message ?? ""
    }

    @Test func aFlagGoesBeforeAVariableBeforeTheFile() async throws {
        let json = #"{"port": 1, "host": "::1", "limits": {"messageBytes": 3}}"#
        let variables = ["RESTANTE_PORT": "2", "RESTANTE_LIMITS_GROUP_MEMBERS": "5", "PATH": "/bin"]
        #expect(try await read(json: json).gateway.port == 1)
        #expect(try await read(environment: variables, json: json).gateway.port == 2)
        let settings = try await read(flags: [.port: 3], environment: variables, json: json)
        #expect(settings.gateway.port == 3)
        #expect(settings.gateway.host == "::1")
        #expect(settings.gateway.limits.messageBytes == 3)
        #expect(settings.gateway.limits.groupMembers == 5)
    }

    @Test func theOperatorsSocketIsBesideTheDatabaseUnlessSet() async throws {
        #expect(try await read(flags: [.database: "mail.db"]).operatorsSocket == "mail.db.sock")
        #expect(try await read(environment: ["RESTANTE_OPERATORS_SOCKET": ""]).operatorsSocket == nil)
    }

    @Test func allProblemsAreToldAtOnce() async {
        let message = await problems(
            flags: [.port: 70000], environment: ["RESTANTE_PRT": "1", "RESTANTE_LOG_LEVEL": "loud"],
            json: #"{"idleTimeout": "soon", "limits": {"messageBites": 1}, "colour": 1}"#)
        for part in ["port:", "RESTANTE_PRT", "logLevel:", "idleTimeout:", "limits.messageBites", "colour"] {
            #expect(message.contains(part), "\(part) is not told in: \(message)")
        }
    }

    @Test func quietClientsOutliveAPing() async {
        #expect(await problems(flags: [.pingInterval: 90, .idleTimeout: 60]).contains("idleTimeout"))
    }

    @Test(arguments: ["[1]", "{", ""]) func aFileThatIsNoObjectIsRefused(json: String) async {
        #expect(await problems(json: json).contains(file))
    }

    @Test func variablesOfTheClientAreNoProblem() async throws {
        _ = try await read(environment: ["RESTANTE_URL": "ws://x", "RESTANTE_TOKEN": "t", "RESTANTE_HOME": "/h"])
    }

    @Test func rateOfAUserMovesThoseOfItsDevicesAndBursts() async throws {
        let pace = try await read(flags: [.messagesPerSecond: 1000, .lookUpsPerMinute: 0]).gateway.pace
        #expect(pace.user.messages == Rate(1000, burst: 20_000))
        #expect(pace.device.messages == Rate(500, burst: 10_000))
        #expect(pace.user.lookUps == nil)
        #expect(pace.user.requests == PaceLimits().user.requests)
    }

    @Test func namesFollowOneRule() {
        #expect(Setting.messageBytes.variable == "RESTANTE_LIMITS_MESSAGE_BYTES")
        #expect(Setting.messageBytes.flag == "--limits-message-bytes")
        #expect(Setting.operatorsSocket.flag == "--operators-socket")
    }

    @Test func everySettingIsDocumentedAndIsAFlagAndIsPrinted() async throws {
        let page = try String(contentsOf: documentation("CONFIGURATION.md"), encoding: .utf8)
        let printed = try await read().lines.joined(separator: "\n")
        for setting in Setting.allCases {
            #expect(page.contains("| `\(setting.rawValue)` | `\(setting.flag)` |"))
            #expect(Serve.helpMessage().contains(setting.flag + " "))
            #expect(printed.contains("\(setting.rawValue) = "))
        }
    }

    @Test func everyExitCodeIsDocumented() throws {
        let page = try String(contentsOf: documentation("CONFIGURATION.md"), encoding: .utf8)
        for status in ExitStatus.allCases { #expect(page.contains("\n| \(status.rawValue) | ")) }
        for code in 79...83 { #expect(page.contains("\n| \(code) | ")) }
    }

    private func documentation(_ name: String) -> URL {
        URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "docs/\(name)")
    }
}
