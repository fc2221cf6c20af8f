import FoundationEssentials
import RestanteCore

/// The URL of a subscription, which comes from a client: taken apart, and put together again of what was looked at.
struct WebPushEndpoint: Equatable {
    /// Longest URL that is looked at, in bytes; browsers' are some hundred.
    static let maximumBytes = 2048

    /// In lower case; an IPv6 address without brackets.
    let host: String
    let port: Int
    /// The path, and the query if there is one: the secret part.
    private let resource: String

    /// Nil for anything but `https://` with a host, and a port, path and query perhaps. No user, password or fragment.
    init?(_ text: String) {
        // A URL is visible ASCII; `\` is read as `/` by some and not by others.
        guard text.utf8.count <= Self.maximumBytes, text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x5C }),
            let url = URL(string: text), url.scheme?.lowercased() == "https", url.user() == nil, url.password() == nil,
            url.fragment() == nil, let host = url.host(percentEncoded: true)?.lowercased().trimmingBrackets,
            Self.isHost(host), (1...65535).contains(url.port ?? 443)
        else { return nil }
        self.host = host
        port = url.port ?? 443
        let path = url.path(percentEncoded: true)
        resource = (path.isEmpty ? "/" : path) + (url.query(percentEncoded: true).map { "?" + $0 } ?? "")
        // The client takes the URL apart once more: it must find the same host, and so must whoever reads the original.
        guard text.lowercased().hasPrefix("https://" + name), let again = URL(string: self.url),
            again.host()?.trimmingBrackets == host, again.user() == nil
        else { return nil }
    }

    /// Scheme, host and port (RFC 6454 §6.1): whom a VAPID token is for.
    var origin: String { "https://" + name + (port == 443 ? "" : ":\(port)") }

    var url: String { origin + resource }

    /// The host as a URL has it.
    private var name: String { host.contains(":") ? "[\(host)]" : host }

    /// A name of letters, digits, `-` and `_`, or an address.
    private static func isHost(_ host: String) -> Bool {
        if host.contains(":") { return IPAddress(host) != nil }
        return host.utf8.count <= 253
            && host.split(separator: ".", omittingEmptySubsequences: false).allSatisfy { label in
                (1...63).contains(label.utf8.count)
                    && label.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") }
            }
    }
}

extension WebPushEndpoint: CustomStringConvertible, CustomReflectable {
    var description: String { "an endpoint" }
    var customMirror: Mirror { Mirror(self, children: []) }
}

extension String {
    fileprivate var trimmingBrackets: String {
        first == "[" && last == "]" ? String(dropFirst().dropLast()) : self
    }
}
