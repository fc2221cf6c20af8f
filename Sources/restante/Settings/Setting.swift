/// Every setting of `restante serve`: a flag, a variable and a key of the configuration file each.
enum Setting: String, CaseIterable {
    case database
    case host
    case port
    case operatorsSocket
    case operatorsHost
    case operatorsPort
    case keys
    case node
    case logLevel
    case logFormat
    case eventLoops
    case pingInterval
    case idleTimeout
    case tokenAudience
    case tokenIssuer
    case tokenAlgorithms
    case tokenClockSkew
    case tlsCertificate
    case tlsKey
    case tlsClientCa
    case allowPlain
    case trustedProxies
    case forwardedHeader
    case allowedOrigins
    case reserveBytes
    case policySend = "policy.send"
    case policyGroupAdd = "policy.groupAdd"
    case messageBytes = "limits.messageBytes"
    case timeToLive = "limits.timeToLive"
    case groupMembers = "limits.groupMembers"
    case devicesPerUser = "limits.devicesPerUser"
    case dedupeHorizon = "limits.dedupeHorizon"
    case dedupeRows = "limits.dedupeRows"
    case mailboxMessages = "limits.mailboxMessages"
    case mailboxBytes = "limits.mailboxBytes"
    case databaseBytes = "limits.databaseBytes"
    case walBytes = "limits.walBytes"
    case idleDevice = "limits.idleDevice"
    case apnsKey = "push.apnsKey"
    case apnsKeyId = "push.apnsKeyId"
    case apnsTeam = "push.apnsTeam"
    case apnsUrl = "push.apnsUrl"
    case apnsSandboxUrl = "push.apnsSandboxUrl"
    case fcmAccount = "push.fcmAccount"
    case fcmUrl = "push.fcmUrl"
    case webPushKey = "push.webPushKey"
    case webPushSubject = "push.webPushSubject"
    case webPushNetworks = "push.webPushNetworks"
    case pushAuthorities = "push.authorities"
    case pushInterval = "push.interval"
    case pushAfterClose = "push.afterClose"
    case connections = "pace.connections"
    case acceptsPerSecond = "pace.acceptsPerSecond"
    case bufferBytes = "pace.bufferBytes"
    case addressConnections = "pace.addressConnections"
    case addressHandshakesPerSecond = "pace.addressHandshakesPerSecond"
    case userConnections = "pace.userConnections"
    case handshakesPerMinute = "pace.handshakesPerMinute"
    case messagesPerSecond = "pace.messagesPerSecond"
    case bytesPerSecond = "pace.bytesPerSecond"
    case requestsPerSecond = "pace.requestsPerSecond"
    case lookUpsPerMinute = "pace.lookUpsPerMinute"
    case serviceMessagesPerSecond = "pace.serviceMessagesPerSecond"
    case trustsLoopback = "pace.trustsLoopback"

    /// As the configuration file nests it: `limits.messageBytes` is `{"limits": {"messageBytes": …}}`.
    var key: String { rawValue }

    /// `RESTANTE_LIMITS_MESSAGE_BYTES`
    var variable: String { "RESTANTE_" + words.joined(separator: "_").uppercased() }

    /// `--limits-message-bytes`
    var flag: String { "--" + words.joined(separator: "-") }

    private var words: [String] {
        var words: [String] = []
        var word = ""
        for character in rawValue {
            if character == "." || character.isUppercase {
                words.append(word)
                word = character == "." ? "" : character.lowercased()
            } else {
                word.append(character)
            }
        }
        return words + [word]
    }
}
