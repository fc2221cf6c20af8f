import Configuration
import Foundation
import Logging
import NIOCore
import RestanteCore
import RestanteGateway
import SystemPackage

/// Reads the settings: flags before variables before the configuration file; what is wrong is told all at once.
struct SettingsReader {
    let config: ConfigReader
    let given: Set<Setting>
    var problems: [String]

    /// - Parameters:
    ///   - flags: what the command line said.
    ///   - environment: of the process; `RESTANTE_*` that no setting has is a problem.
    ///   - file: a JSON file, or nil; keys that no setting has are a problem.
    init(flags: [Setting: ConfigValue], environment: [String: String], file: String?) async throws {
        var providers: [any ConfigProvider] = [
            InMemoryProvider(
                values: Dictionary(
                    uniqueKeysWithValues: flags.map {
                        (AbsoluteConfigKey($0.key.rawValue.split(separator: ".").map(String.init)), $0.value)
                    })),
            EnvironmentVariablesProvider(environmentVariables: environment).prefixKeys(with: "restante"),
        ]
        var fileKeys: [String] = []
        if let file {
            do {
                providers.append(try await FileProvider<JSONSnapshot>(filePath: FilePath(file)))
                fileKeys = try SettingsReader.keys(inFile: file)
            } catch {
                throw CommandFailure(
                    .configuration, "cannot read the configuration file \(file): it must be a JSON object")
            }
        }
        config = ConfigReader(providers: providers)
        given = Set(flags.keys)
            .union(Setting.allCases.filter { environment[$0.variable] != nil })
            .union(fileKeys.compactMap(Setting.init(rawValue:)))
        problems =
            fileKeys.filter { Setting(rawValue: $0) == nil }.map { "\($0): the configuration file has an unknown key" }
            + SettingsReader.unknownVariables(environment).map { "\($0): there is no such variable" }
    }

    /// Variables of the client's commands, which may well be set where a server runs.
    private static let clientVariables: Set = ["RESTANTE_TOKEN", "RESTANTE_URL", "RESTANTE_HOME"]

    private static func unknownVariables(_ environment: [String: String]) -> [String] {
        let known = clientVariables.union(Setting.allCases.map(\.variable))
        return environment.keys.filter { $0.hasPrefix("RESTANTE_") && !known.contains($0) }.sorted()
    }

    private static func keys(inFile file: String) throws -> [String] {
        let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: file)))
        guard let object = object as? [String: Any] else { throw CocoaError(.fileReadCorruptFile) }
        return object.flatMap { key, value in
            (value as? [String: Any]).map { $0.keys.map { "\(key).\($0)" } } ?? [key]
        }.sorted()
    }

    /// The settings, or every problem that there is.
    mutating func read() throws -> ServeSettings {
        var settings = ServeSettings()
        settings.database = text(.database) ?? settings.database
        settings.keys = text(.keys)
        settings.logLevel = logLevel() ?? settings.logLevel
        settings.logFormat = logFormat() ?? settings.logFormat
        settings.reserveBytes = number(.reserveBytes, 0...1 << 40).map(Int64.init) ?? settings.reserveBytes
        settings.operatorsHost = text(.operatorsHost) ?? settings.operatorsHost
        settings.operatorsPort = number(.operatorsPort, 0...65535)
        settings.operatorsSocket = operatorsSocket(settings.database)
        settings.policies.send = reach(.policySend) ?? settings.policies.send
        settings.policies.groupAdd = reach(.policyGroupAdd) ?? settings.policies.groupAdd
        readGateway(&settings)
        readTransport(&settings)
        readTokens(&settings)
        readPush(&settings)
        guard problems.isEmpty else {
            throw CommandFailure(wrongSettings: problems)
        }
        return settings
    }

    private mutating func readGateway(_ settings: inout ServeSettings) {
        var gateway = settings.gateway
        gateway.host = text(.host) ?? gateway.host
        gateway.node = text(.node) ?? gateway.node
        gateway.port = number(.port, 0...65535) ?? gateway.port
        gateway.eventLoops = number(.eventLoops, 1...1024) ?? gateway.eventLoops
        gateway.pingInterval = number(.pingInterval, 1...3600).map { .seconds(Int64($0)) } ?? gateway.pingInterval
        gateway.idleTimeout = number(.idleTimeout, 2...86400).map { .seconds(Int64($0)) } ?? gateway.idleTimeout
        if gateway.idleTimeout <= gateway.pingInterval {
            problems.append("idleTimeout: must be longer than pingInterval, or every quiet client is dropped")
        }
        readLimits(&gateway.limits)
        readPace(&gateway.pace)
        settings.gateway = gateway
    }

    private mutating func readLimits(_ limits: inout Limits) {
        let month = 30 * 24 * 3600
        limits.messageBytes = number(.messageBytes, 1...16 << 20) ?? limits.messageBytes
        limits.timeToLive = number(.timeToLive, 1...12 * month) ?? limits.timeToLive
        limits.groupMembers = number(.groupMembers, 1...100_000) ?? limits.groupMembers
        limits.devicesPerUser = number(.devicesPerUser, 1...1000) ?? limits.devicesPerUser
        limits.dedupeHorizon = number(.dedupeHorizon, 60...12 * month) ?? limits.dedupeHorizon
        limits.dedupeRows = number(.dedupeRows, 1000...1 << 40).map(Int64.init) ?? limits.dedupeRows
        limits.mailboxMessages = number(.mailboxMessages, 1000...1 << 40).map(Int64.init) ?? limits.mailboxMessages
        limits.mailboxBytes = number(.mailboxBytes, 1...1 << 50).map(Int64.init) ?? limits.mailboxBytes
        limits.databaseBytes = number(.databaseBytes, 1 << 20...1 << 50).map(Int64.init) ?? limits.databaseBytes
        limits.walBytes = number(.walBytes, 256 << 20...1 << 40).map(Int64.init) ?? limits.walBytes
        limits.idleDevice = number(.idleDevice, 60...120 * month) ?? limits.idleDevice
        if limits.mailboxBytes < 2 * Int64(limits.messageBytes) {
            problems.append("limits.mailboxBytes: must be at least twice limits.messageBytes")
        }
    }

    private mutating func operatorsSocket(_ database: String) -> String? {
        let path: String
        if given.contains(.operatorsSocket) {
            guard let text = config.string(forKey: configKey(.operatorsSocket)) else {
                problems.append("operatorsSocket: must be a path, or an empty text for none")
                return nil
            }
            if text.isEmpty { return nil }
            path = text
        } else {
            path = ServeSettings.operatorsSocket(besides: database)
        }
        // sockaddr_un holds 108 bytes with the terminating zero.
        guard path.utf8.count <= 107 else {
            problems.append(
                "operatorsSocket: a socket's path has at most 107 bytes; name a shorter one, or '' for none")
            return nil
        }
        return path
    }

    private mutating func reach(_ setting: Setting) -> Policies.Reach? {
        guard let name = text(setting) else { return nil }
        guard let reach = Policies.Reach(rawValue: name) else {
            let all = Policies.Reach.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("\(setting.key): must be one of \(all)")
            return nil
        }
        return reach
    }

    private mutating func logLevel() -> Logger.Level? {
        guard let name = text(.logLevel) else { return nil }
        guard let level = Logger.Level(rawValue: name.lowercased()) else {
            let levels = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            problems.append("logLevel: must be one of \(levels)")
            return nil
        }
        return level
    }

    private mutating func logFormat() -> LogFormat? {
        guard let name = text(.logFormat) else { return nil }
        guard let format = LogFormat(rawValue: name.lowercased()) else {
            problems.append("logFormat: must be one of \(LogFormat.allCases.map(\.rawValue).joined(separator: ", "))")
            return nil
        }
        return format
    }

    mutating func text(_ setting: Setting) -> String? {
        guard given.contains(setting) else { return nil }
        guard let text = config.string(forKey: configKey(setting)), !text.isEmpty else {
            problems.append("\(setting.key): must be a text that is not empty")
            return nil
        }
        return text
    }

    /// A number in this range; anything else is a problem.
    mutating func number(_ setting: Setting, _ range: ClosedRange<Int>) -> Int? {
        guard given.contains(setting) else { return nil }
        guard let number = config.int(forKey: configKey(setting)), range.contains(number) else {
            problems.append("\(setting.key): must be a whole number from \(range.lowerBound) to \(range.upperBound)")
            return nil
        }
        return number
    }

    func configKey(_ setting: Setting) -> ConfigKey {
        ConfigKey(setting.key.split(separator: ".").map(String.init))
    }
}
