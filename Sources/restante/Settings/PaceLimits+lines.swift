import RestanteGateway

extension PaceLimits {
    /// One line a setting.
    var lines: [String] {
        [
            "pace.connections = \(connections.map { "\($0)" } ?? "")", "pace.acceptsPerSecond = \(accepts.count)",
            "pace.bufferBytes = \(bufferBytes.map { "\($0)" } ?? "")",
            "pace.addressConnections = \(address.connections ?? 0)",
            "pace.addressHandshakesPerSecond = \(address.handshakes?.count ?? 0)",
            "pace.userConnections = \(user.connections ?? 0)",
            "pace.handshakesPerMinute = \(user.handshakes?.count ?? 0)",
            "pace.messagesPerSecond = \(user.messages?.count ?? 0)",
            "pace.bytesPerSecond = \(user.bytes?.count ?? 0)",
            "pace.requestsPerSecond = \(user.requests?.count ?? 0)",
            "pace.lookUpsPerMinute = \(user.lookUps?.count ?? 0)",
            "pace.serviceMessagesPerSecond = \(service.messages?.count ?? 0)",
            "pace.trustsLoopback = \(trustsLoopback)",
        ]
    }
}
