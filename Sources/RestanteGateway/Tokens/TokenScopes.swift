/// What a service's token allows: words of its `scope`, separated by spaces (RFC 6749 §3.3). Others mean nothing here.
public struct TokenScopes: OptionSet, Sendable, Hashable {
    public let rawValue: Int

    public init(rawValue: Int) { self.rawValue = rawValue }

    /// `service`: sends messages, and asks what has become of them.
    public static let send = TokenScopes(rawValue: 1)
    /// `manage`: groups, devices and tokens of others.
    public static let manage = TokenScopes(rawValue: 2)

    private static let words: [(word: String, scope: TokenScopes)] = [("service", .send), ("manage", .manage)]

    public init(_ text: String) {
        let found = text.split(separator: " ")
        self = Self.words.filter { known in found.contains { $0 == known.word } }.reduce([]) { $0.union($1.scope) }
    }

    /// As it stands in a token.
    public var text: String { Self.words.filter { contains($0.scope) }.map(\.word).joined(separator: " ") }
}
