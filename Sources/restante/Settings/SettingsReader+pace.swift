import RestanteGateway

extension SettingsReader {
    /// Limits and pace: 0 for a rate or a number of connections is no limit.
    mutating func readPace(_ pace: inout PaceLimits) {
        let many = 0...1_000_000_000
        if let count = number(.connections, 1...1_000_000) { pace.connections = count }
        if let count = number(.acceptsPerSecond, 1...1_000_000) { pace.limitAccepts(to: count) }
        if let bytes = number(.bufferBytes, 16 << 20...1 << 40) { pace.bufferBytes = bytes }
        if let count = number(.addressConnections, many) { pace.address.connections = count == 0 ? nil : count }
        if let count = number(.addressHandshakesPerSecond, many) { pace.limitAddresses(\.handshakes, to: count) }
        if let count = number(.userConnections, many) { pace.user.connections = count == 0 ? nil : count }
        if let count = number(.handshakesPerMinute, many) { pace.limitUsers(\.handshakes, to: count) }
        if let count = number(.messagesPerSecond, many) { pace.limitUsers(\.messages, to: count) }
        if let count = number(.bytesPerSecond, many) { pace.limitUsers(\.bytes, to: count) }
        if let count = number(.requestsPerSecond, many) { pace.limitUsers(\.requests, to: count) }
        if let count = number(.lookUpsPerMinute, many) { pace.limitUsers(\.lookUps, to: count) }
        if let count = number(.serviceMessagesPerSecond, many) { pace.limitServices(\.messages, to: count) }
        pace.trustsLoopback = flag(.trustsLoopback) ?? pace.trustsLoopback
    }
}
