/// A WebSocket URL (RFC 6455 §3), taken apart.
struct ServerURL: Sendable, Equatable {
    var secure: Bool
    var host: String
    var port: Int
    /// The request target: path and query.
    var target: String

    init(secure: Bool, host: String, port: Int, target: String) {
        self.secure = secure
        self.host = host
        self.port = port
        self.target = target
    }

    /// - Throws: ``ClientError`` that says what a URL looks like here.
    init(_ text: String) throws(ClientError) {
        let wrong = ClientError(
            .badConfiguration,
            "“\(text)” is no WebSocket URL; it looks like ws://127.0.0.1:7070 or wss://mail.example.org")
        guard let scheme = ["ws://", "wss://"].first(where: { text.hasPrefix($0) }) else { throw wrong }
        secure = scheme == "wss://"
        let rest = text.dropFirst(scheme.count)
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        let authority = rest[..<end]
        let path = rest[end...].prefix { $0 != "#" }
        guard !authority.contains("@"), !text.contains(where: \.isWhitespace) else { throw wrong }
        guard let (host, port) = Self.split(authority) else { throw wrong }
        self.host = host
        self.port = port ?? (secure ? 443 : 80)
        target = path.isEmpty || path == "/" ? "/v1/connect" : path.hasPrefix("/") ? String(path) : "/" + path
    }

    /// What the `Host` header says.
    var authority: String {
        let name = host.contains(":") ? "[\(host)]" : host
        return port == (secure ? 443 : 80) ? name : "\(name):\(port)"
    }

    /// Host and port; IPv6 addresses stand in brackets (RFC 3986 §3.2.2).
    private static func split(_ authority: Substring) -> (String, Int?)? {
        if authority.hasPrefix("[") {
            guard let close = authority.firstIndex(of: "]") else { return nil }
            let host = authority[authority.index(after: authority.startIndex)..<close]
            return complete(host, authority[authority.index(after: close)...])
        }
        let colon = authority.firstIndex(of: ":") ?? authority.endIndex
        return complete(authority[..<colon], authority[colon...])
    }

    private static func complete(_ host: Substring, _ rest: Substring) -> (String, Int?)? {
        guard !host.isEmpty else { return nil }
        if rest.isEmpty { return (String(host), nil) }
        guard rest.hasPrefix(":"), let port = Int(rest.dropFirst()), (1...65535).contains(port) else { return nil }
        return (String(host), port)
    }
}
