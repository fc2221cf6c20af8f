import Logging
import NIOCore
import RestanteCore
import RestanteGateway

/// What `restante serve` runs with: typed, validated, complete.
struct ServeSettings: Sendable {
    var database = "restante.db"
    /// Nil: none.
    var operatorsSocket: String?
    /// Where ``operatorsPort`` is.
    var operatorsHost = "127.0.0.1"
    /// For metrics and health; 0: any free one; nil: none.
    var operatorsPort: Int?
    /// A JWK set; nil: the embedded key file beside the database.
    var keys: String?
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.text
    var tokenAudience: String?
    var tokenIssuer: String?
    /// What keys may be for.
    var tokenAlgorithms = Set(KeySet.Algorithm.allCases)
    /// Seconds.
    var tokenClockSkew: Int64 = 60
    /// Nil: no TLS.
    var tls: TLSFiles?
    /// Whether other machines may connect without TLS.
    var allowPlain = false
    /// Bytes of disk that are kept for when it is full.
    var reserveBytes: Int64 = 64 << 20
    /// Who may reach whom.
    var policies = Policies()
    var gateway = GatewayConfiguration()
    var push = PushSettings()

    init() {
        gateway.port = 7070
    }

    /// The embedded default: made at the first start, readable by its owner only.
    var keyFile: String { ServeSettings.keyFile(besides: database) }

    static func keyFile(besides database: String) -> String { database + ".key" }

    /// Where the operators' socket is unless set: beside the database.
    static func operatorsSocket(besides database: String) -> String { database + ".sock" }

    /// What the operator should know about settings that are served as they are.
    var warnings: [String] {
        var warnings = (gateway.tls?.warnings ?? []) + push.warnings
        if keys != nil, tokenAudience == nil {
            warnings.append(
                "tokenAudience is not set: a token that the issuer of these keys made for another service is good here, too"
            )
        }
        return warnings
    }

    /// One line a setting; nothing here is secret, and nothing secret may be added.
    var lines: [String] {
        [
            "database = \(database)", "host = \(gateway.host)", "port = \(gateway.port)",
            "operatorsSocket = \(operatorsSocket ?? "")", "operatorsHost = \(operatorsHost)",
            "operatorsPort = \(operatorsPort.map { "\($0)" } ?? "")", "keys = \(keys ?? keyFile)",
            "node = \(gateway.node)",
            "logLevel = \(logLevel)", "logFormat = \(logFormat)",
            "eventLoops = \(gateway.eventLoops)",
            "pingInterval = \(gateway.pingInterval.seconds)",
            "idleTimeout = \(gateway.idleTimeout.seconds)", "tokenAudience = \(tokenAudience ?? "")",
            "tokenIssuer = \(tokenIssuer ?? "")",
            "tokenAlgorithms = \(tokenAlgorithms.map(\.rawValue).sorted().joined(separator: ","))",
            "tokenClockSkew = \(tokenClockSkew)", "tlsCertificate = \(tls?.certificate ?? "")",
            "tlsKey = \(tls?.key ?? "")", "tlsClientCa = \(tls?.clientAuthorities ?? "")",
            "allowPlain = \(allowPlain)",
            "trustedProxies = \(gateway.trustedProxies.ranges.map(\.description).joined(separator: ","))",
            "forwardedHeader = \(gateway.trustedProxies.header.rawValue)",
            "allowedOrigins = \(gateway.allowedOrigins)",
            "reserveBytes = \(reserveBytes)", "policy.send = \(policies.send.rawValue)",
            "policy.groupAdd = \(policies.groupAdd.rawValue)", "limits.messageBytes = \(gateway.limits.messageBytes)",
            "limits.timeToLive = \(gateway.limits.timeToLive)", "limits.groupMembers = \(gateway.limits.groupMembers)",
            "limits.devicesPerUser = \(gateway.limits.devicesPerUser)",
            "limits.dedupeHorizon = \(gateway.limits.dedupeHorizon)",
            "limits.dedupeRows = \(gateway.limits.dedupeRows)",
            "limits.mailboxMessages = \(gateway.limits.mailboxMessages)",
            "limits.mailboxBytes = \(gateway.limits.mailboxBytes)",
            "limits.databaseBytes = \(gateway.limits.databaseBytes.map { "\($0)" } ?? "")",
            "limits.walBytes = \(gateway.limits.walBytes)",
            "limits.idleDevice = \(gateway.limits.idleDevice)",
        ] + push.lines + gateway.pace.lines
    }
}

extension TimeAmount {
    var seconds: Int64 { nanoseconds / 1_000_000_000 }
}
