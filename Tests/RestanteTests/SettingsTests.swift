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

    // MARK: - Facing the network

    @Test(arguments: ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LOCALHOST", "::ffff:127.0.0.1"])
    func plainIsForThisMachine(host: String) async throws {
        #expect(try await read(flags: [.host: .init(.string(host), isSecret: false)]).gateway.host == host)
    }

    @Test(arguments: ["0.0.0.0", "::", "192.0.2.1", "mail.example.org", "128.0.0.1", "localhost.example.org"])
    func plainForOthersMustBeAskedFor(host: String) async throws {
        let flags: [Setting: ConfigValue] = [.host: .init(.string(host), isSecret: false)]
        let message = await problems(flags: flags)
        #expect(message.contains("--allow-plain") && message.contains("tlsCertificate"), "\(message)")
        #expect(try await read(flags: flags, environment: ["RESTANTE_ALLOW_PLAIN": "true"]).allowPlain)
        #expect(try await read(flags: flags, json: #"{"allowPlain": true}"#).allowPlain)
        #expect(await problems(flags: flags, json: #"{"allowPlain": false}"#).contains("host:"))
        let tls = [
            "RESTANTE_TLS_CERTIFICATE": "a.pem", "RESTANTE_TLS_KEY": "a.key", "RESTANTE_TLS_CLIENT_CA": "ca.pem",
        ]
        let files = TLSFiles(certificate: "a.pem", key: "a.key", clientAuthorities: "ca.pem")
        #expect(try await read(flags: flags, environment: tls).tls == files)
    }

    @Test(arguments: ["tlsCertificate", "tlsKey", "tlsClientCa"]) func halfOfTLSIsNone(setting: String) async {
        #expect(await problems(json: #"{"\#(setting)": "x.pem"}"#).contains("TLS needs both"))
    }

    @Test func listsAreTextsOrArrays() async throws {
        let text = #"{"trustedProxies": "10.0.0.0/8, ::1", "allowedOrigins": "https://a.example"}"#
        let array = #"{"trustedProxies": ["10.0.0.0/8", "::1"], "allowedOrigins": ["https://a.example"]}"#
        for json in [text, array] {
            let settings = try await read(json: json)
            #expect(settings.gateway.trustedProxies.ranges.map(\.description) == ["10.0.0.0/8", "::1/128"])
            #expect(settings.gateway.allowedOrigins.description == "https://a.example")
        }
        let variables = ["RESTANTE_TOKEN_ALGORITHMS": "ES256,EdDSA", "RESTANTE_FORWARDED_HEADER": "Forwarded"]
        let settings = try await read(environment: variables)
        #expect(settings.tokenAlgorithms == [.es256, .eddsa])
        #expect(settings.gateway.trustedProxies.header == .forwarded)
        let none = try await read(environment: ["RESTANTE_TRUSTED_PROXIES": ""])
        #expect(none.gateway.trustedProxies.ranges.isEmpty)
    }

    @Test func listsAreChecked() async {
        let message = await problems(
            json:
                #"{"trustedProxies": ["10.0.0.1/8"], "allowedOrigins": ["app.example.org"], "tokenAlgorithms": ["none"], "forwardedHeader": "via", "tokenClockSkew": 301, "allowPlain": "perhaps"}"#
        )
        for setting in [
            "trustedProxies", "allowedOrigins", "tokenAlgorithms", "forwardedHeader", "tokenClockSkew", "allowPlain",
        ] {
            #expect(message.contains("  \(setting): "), "\(setting) is not told in: \(message)")
        }
    }

    @Test func rateOfAUserMovesThoseOfItsDevicesAndBursts() async throws {
        let pace = try await read(flags: [.messagesPerSecond: 1000, .lookUpsPerMinute: 0]).gateway.pace
        #expect(pace.user.messages == Rate(1000, burst: 20_000))
        #expect(pace.device.messages == Rate(500, burst: 10_000))
        #expect(pace.user.lookUps == nil)
        #expect(pace.user.requests == PaceLimits().user.requests)
    }

    @Test func loopbackIsTrustedUnlessSaidOtherwise() async throws {
        #expect(try await read().gateway.pace.trustsLoopback)
        let flags = try ServeFlags.parse(["--pace-trusts-loopback", "false"]).values
        #expect(try await !read(flags: flags).gateway.pace.trustsLoopback)
        #expect(await problems(json: #"{"pace": {"trustsLoopback": "perhaps"}}"#).contains("pace.trustsLoopback:"))
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
