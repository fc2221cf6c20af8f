import ArgumentParser

/// The settings of limits and pace as flags.
struct PaceFlags: ParsableArguments {
    @Option(help: "Connections open at a time. (default: as many as there may be open files)")
    var paceConnections: Int?
    @Option(help: "Connections accepted in a second; the others wait. (default: 1000)")
    var paceAcceptsPerSecond: Int?
    @Option(help: "Bytes that the buffers of all connections may hold. (default: a quarter of the memory)")
    var paceBufferBytes: Int?
    @Option(help: "Connections of one address; 0: any number. (default: 4096)")
    var paceAddressConnections: Int?
    @Option(help: "Handshakes of one address in a second; 0: any number. (default: 50)")
    var paceAddressHandshakesPerSecond: Int?
    @Option(help: "Connections of one user; 0: any number. (default: 64)")
    var paceUserConnections: Int?
    @Option(help: "Handshakes of one user in a minute; 0: any number. (default: 60)")
    var paceHandshakesPerMinute: Int?
    @Option(help: "Messages of one user in a second; 0: any number. (default: 100)")
    var paceMessagesPerSecond: Int?
    @Option(help: "Bytes of one user's messages in a second; 0: any number. (default: 4194304)")
    var paceBytesPerSecond: Int?
    @Option(help: "Requests of one user in a second; 0: any number. (default: 40)")
    var paceRequestsPerSecond: Int?
    @Option(help: "Look-ups of one user in a minute; 0: any number. (default: 30)")
    var paceLookUpsPerMinute: Int?
    @Option(help: "Messages of one service in a second; 0: any number. (default: 1000)")
    var paceServiceMessagesPerSecond: Int?
    @Option(help: "Whether peers on this machine have no limits as an address. (default: true)")
    var paceTrustsLoopback: Bool?

    var numbers: [Setting: Int?] {
        [
            .connections: paceConnections, .acceptsPerSecond: paceAcceptsPerSecond, .bufferBytes: paceBufferBytes,
            .addressConnections: paceAddressConnections,
            .addressHandshakesPerSecond: paceAddressHandshakesPerSecond, .userConnections: paceUserConnections,
            .handshakesPerMinute: paceHandshakesPerMinute, .messagesPerSecond: paceMessagesPerSecond,
            .bytesPerSecond: paceBytesPerSecond, .requestsPerSecond: paceRequestsPerSecond,
            .lookUpsPerMinute: paceLookUpsPerMinute, .serviceMessagesPerSecond: paceServiceMessagesPerSecond,
        ]
    }
}
