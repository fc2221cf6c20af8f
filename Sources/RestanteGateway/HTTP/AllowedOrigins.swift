import NIOHTTP1
import RestanteCore

/// Which web pages may use this server, by the `Origin` that browsers send with their requests (RFC 6454 §7).
///
/// Tokens are no cookies: a page of a stranger has none to send, so cross-site WebSocket hijacking does not work here by
/// itself. The list keeps a page that got hold of a token by other means from using it in its visitors' browsers. Whoever
/// is not a browser sends no `Origin`, or any: this is no authentication.
public struct AllowedOrigins: Sendable, Equatable, CustomStringConvertible {
    private enum Rule: Equatable {
        case any
        /// Pages of this host and port only.
        case same
        case listed(Set<String>)
    }

    private let rule: Rule

    /// Nothing listed: a page may use the server that it came from itself.
    public init() { rule = .same }

    /// Nil if something in the list is no origin: `https://app.example.org`, `https://localhost:8080`, or `*` for all.
    public init?(_ origins: [String]) {
        let names = origins.map { $0 == "*" ? $0 : Self.normalized($0) }
        guard !names.contains(nil) else { return nil }
        rule = names.isEmpty ? .same : names.contains("*") ? .any : .listed(Set(names.compactMap { $0 }))
    }

    /// As it is set; empty for the default.
    public var description: String {
        switch rule {
        case .any: "*"
        case .same: ""
        case .listed(let origins): origins.sorted().joined(separator: ",")
        }
    }

    /// Whether a request may go on. One without an `Origin` may.
    func allow(_ headers: HTTPHeaders) -> Bool {
        let origins = headers["origin"]
        guard let first = origins.first else { return true }
        guard origins.count == 1 else { return false }
        switch rule {
        case .any: return true
        case .same: return Self.isSame(first, headers)
        case .listed(let allowed): return Self.normalized(first).map(allowed.contains) ?? false
        }
    }

    private static func isSame(_ origin: String, _ headers: HTTPHeaders) -> Bool {
        let hosts = headers["host"]
        guard hosts.count == 1, let origin = normalized(origin), let end = origin.range(of: "://") else { return false }
        // A proxy may have ended TLS: the scheme of the page says whether the port can be left out.
        let scheme = origin[..<end.lowerBound]
        return normalized("\(scheme)://\(hosts[0])") == origin
    }

    /// Scheme, host and port in the one way that browsers write them; nil for what is no origin, `null` among it.
    private static func normalized(_ text: String) -> String? {
        let text = text.lowercased()
        guard let end = text.range(of: "://") else { return nil }
        let scheme = text[..<end.lowerBound]
        let authority = text[end.upperBound...]
        guard scheme.utf8.first.map((UInt8(ascii: "a")...UInt8(ascii: "z")).contains) == true,
            scheme.utf8.allSatisfy({ isWord($0) || "+-.".utf8.contains($0) }), !authority.isEmpty,
            authority.utf8.allSatisfy({ isWord($0) || "-._~:[]".utf8.contains($0) })
        else { return nil }
        let port = ["http": ":80", "ws": ":80", "https": ":443", "wss": ":443"][scheme]
        let short = port.map { authority.hasSuffix($0) ? authority.dropLast($0.count) : authority } ?? authority
        return short.isEmpty ? nil : "\(scheme)://\(short)"
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}

extension HTTPAnswer {
    /// To a web page that is not on the list: before anything else is looked at.
    static let strangeOrigin: HTTPAnswer = {
        var answer = error(
            .forbidden, .notAllowed, "this Origin may not use the server: its operator can add it to allowedOrigins")
        answer.closes = true
        return answer
    }()
}

extension StringProtocol {
    /// The first place where a text stands; Foundation's own is not wanted for this.
    fileprivate func range(of text: String) -> Range<Index>? {
        indices.first { self[$0...].hasPrefix(text) }.map { $0..<index($0, offsetBy: text.count) }
    }
}
