import ArgumentParser
import Configuration
import CoreMetrics
import Foundation
import Logging
import RestanteGateway
import RestanteMetrics
import RestanteStore
import ServiceLifecycle

/// Runs the server until it is told to stop.
struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Run the server.",
        discussion: """
            Makes the database and a key for tokens if they are not there, applies missing migrations, and serves clients \
            over WebSocket until SIGTERM or Ctrl-C. Every setting can be given as a flag, as a variable (RESTANTE_PORT, \
            RESTANTE_LIMITS_MESSAGE_BYTES), or in a JSON file (--config); a flag goes before a variable, a variable before \
            the file. docs/CONFIGURATION.md explains them all.

              restante serve
              restante serve --database /var/lib/restante/mail.db --port 8080
              RESTANTE_LOG_LEVEL=debug restante serve --config /etc/restante.json
            """)

    @Option(help: "A JSON file with settings.")
    var config: String?

    @OptionGroup var flags: ServeFlags

    func run() async throws {
        var reader = try await SettingsReader(
            flags: flags.values, environment: ProcessInfo.processInfo.environment, file: config)
        let settings = try reader.read()
        LoggingSystem.bootstrap { label in
            LineLogHandler(label: label, format: settings.logFormat, level: settings.logLevel)
        }
        for line in settings.lines { print(line) }
        let metrics = PrometheusFactory()
        MetricsSystem.bootstrap(metrics)
        var server = Server(settings, metrics: metrics)
        try await server.run()
    }
}

/// The settings as flags.
struct ServeFlags: ParsableArguments {
    @Option(help: "The database file; made if it is not there. (default: restante.db)")
    var database: String?
    @Option(help: "The address to listen on. (default: 127.0.0.1)")
    var host: String?
    @Option(help: "The port to listen on; 0 takes a free one. (default: 7070)")
    var port: Int?
    @Option(help: "The Unix socket for operators; '' for none. (default: DATABASE.sock)")
    var operatorsSocket: String?
    @Option(help: "The address of the operators' port. (default: 127.0.0.1)")
    var operatorsHost: String?
    @Option(help: "A port for /metrics, /healthz and /readyz; 0 takes a free one. (default: none)")
    var operatorsPort: Int?
    @Option(help: "A JWK set to verify tokens with. (default: DATABASE.key, made at the first start)")
    var keys: String?
    @Option(help: "This server's name in the session table. (default: local)")
    var node: String?
    @Option(help: "trace, debug, info, notice, warning, error or critical. (default: info)")
    var logLevel: String?
    @Option(help: "text or json: a line a record, on standard error. (default: text)")
    var logFormat: String?
    @Option(help: "Threads that serve sockets. (default: one for each core)")
    var eventLoops: Int?
    @Option(help: "Seconds between pings. (default: 30)")
    var pingInterval: Int?
    @Option(help: "Seconds after which a silent client is dropped. (default: 90)")
    var idleTimeout: Int?
    @Option(help: "What tokens must name as 'aud'.")
    var tokenAudience: String?
    @Option(help: "What tokens must name as 'iss'.")
    var tokenIssuer: String?
    @Option(help: "What keys may be for. (default: EdDSA,ES256,HS256,RS256)")
    var tokenAlgorithms: String?
    @Option(help: "Seconds by which the issuer's clock may be ahead. (default: 60)")
    var tokenClockSkew: Int?
    @Option(help: "The server's certificate and its chain, in PEM; with --tls-key: serve TLS.")
    var tlsCertificate: String?
    @Option(help: "The certificate's private key, in PEM.")
    var tlsKey: String?
    @Option(help: "Authorities in PEM whose certificates count as a service's token.")
    var tlsClientCa: String?
    @Flag(help: "Serve other machines without TLS, behind a proxy that does it.")
    var allowPlain = false
    @Option(help: "Proxies that are believed about their clients' addresses: 10.0.0.0/8,::1")
    var trustedProxies: String?
    @Option(help: "Where they write it: x-forwarded-for or forwarded. (default: x-forwarded-for)")
    var forwardedHeader: String?
    @Option(help: "Web pages that may connect: https://app.example.org, or '*'. (default: the server's own)")
    var allowedOrigins: String?
    @Option(help: "Bytes of disk that are kept for when it is full; 0 for none. (default: 67108864)")
    var reserveBytes: Int?
    @Option(help: "Bytes of payload in one message. (default: 262144)")
    var limitsMessageBytes: Int?
    @Option(help: "Seconds that a message is kept at most. (default: 2592000)")
    var limitsTimeToLive: Int?
    @Option(help: "Members of one group. (default: 1024)")
    var limitsGroupMembers: Int?
    @Option(help: "Devices of one user. (default: 16)")
    var limitsDevicesPerUser: Int?
    @Option(help: "Seconds for which a resend is recognised. (default: 604800)")
    var limitsDedupeHorizon: Int?
    @Option(help: "Messages that are remembered for it at most. (default: 20000000)")
    var limitsDedupeRows: Int?
    @Option(help: "Messages of one conversation that may wait for one device. (default: 200000)")
    var limitsMailboxMessages: Int?
    @Option(help: "Bytes of one conversation that may wait for one device. (default: 1073741824)")
    var limitsMailboxBytes: Int?
    @Option(help: "Bytes of the database beyond which no message is taken in. (default: none)")
    var limitsDatabaseBytes: Int?
    @Option(help: "Bytes of the WAL at which no message is taken in. (default: 1073741824)")
    var limitsWalBytes: Int?
    @Option(help: "Seconds without a connection after which a device is unlinked. (default: 3888000)")
    var limitsIdleDevice: Int?
    @OptionGroup var pace: PaceFlags
    @OptionGroup var push: PushFlags

    @Option(help: "To whom users may send directly: any, shared-group or service. (default: any)")
    var policySend: String?
    @Option(help: "Whom users may add to groups: any, shared-group or service. (default: any)")
    var policyGroupAdd: String?

    var values: [Setting: ConfigValue] {
        let texts: [Setting: String?] = [
            .database: database, .host: host, .operatorsSocket: operatorsSocket,
            .operatorsHost: operatorsHost, .keys: keys, .node: node,
            .logLevel: logLevel, .logFormat: logFormat, .tokenAudience: tokenAudience, .tokenIssuer: tokenIssuer,
            .tokenAlgorithms: tokenAlgorithms, .tlsCertificate: tlsCertificate, .tlsKey: tlsKey,
            .tlsClientCa: tlsClientCa, .trustedProxies: trustedProxies, .forwardedHeader: forwardedHeader,
            .allowedOrigins: allowedOrigins, .policySend: policySend, .policyGroupAdd: policyGroupAdd,
        ].merging(push.texts) { $1 }
        let numbers: [Setting: Int?] = [
            .port: port, .operatorsPort: operatorsPort, .eventLoops: eventLoops, .pingInterval: pingInterval,
            .idleTimeout: idleTimeout,
            .tokenClockSkew: tokenClockSkew, .reserveBytes: reserveBytes, .messageBytes: limitsMessageBytes,
            .timeToLive: limitsTimeToLive, .groupMembers: limitsGroupMembers, .devicesPerUser: limitsDevicesPerUser,
            .dedupeHorizon: limitsDedupeHorizon, .dedupeRows: limitsDedupeRows,
            .mailboxMessages: limitsMailboxMessages, .mailboxBytes: limitsMailboxBytes,
            .databaseBytes: limitsDatabaseBytes, .walBytes: limitsWalBytes, .idleDevice: limitsIdleDevice,
        ].merging(pace.numbers) { $1 }.merging(push.numbers) { $1 }
        var values = texts.compactMapValues { $0.map { ConfigValue(.string($0), isSecret: false) } }
        if let trusts = pace.paceTrustsLoopback {
            values[.trustsLoopback] = ConfigValue(.bool(trusts), isSecret: false)
        }
        if allowPlain { values[.allowPlain] = ConfigValue(.bool(true), isSecret: false) }
        return values.merging(numbers.compactMapValues { $0.map { ConfigValue(.int($0), isSecret: false) } }) { $1 }
    }
}
