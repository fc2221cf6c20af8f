import FoundationEssentials
import RestanteCore

/// A token in the compact form of RFC 7515 §7.1, taken apart and not believed yet.
struct TokenParts {
    /// Longest token that is looked at, in bytes.
    static let maximumBytes = 8 * 1024

    var header: Header
    /// The decoded payload: claims, as JSON.
    var payload: Data
    var signature: Data
    /// What the signature is over: header and payload as they were sent.
    var signed: [UInt8]

    /// The fields of the header that decide which key may verify it.
    struct Header: Decodable {
        var alg: String
        var kid: String?
        /// Extensions that must be understood (RFC 7515 §4.1.11): we understand none.
        var crit: [String]?
        /// False: the payload is not base64url (RFC 7797), which would have to be in `crit`, too.
        var b64: Bool?
        /// What kind of JWT it is.
        var typ: String?

        /// Whether it is for us to judge by this header. A token of another kind (an issuer's logout token, a proof of
        /// possession) must not pass for an access token, whoever signed it (RFC 8725 §3.11).
        var isServed: Bool {
            guard crit == nil, b64 != false else { return false }
            guard var type = typ?.lowercased()[...] else { return true }
            if type.hasPrefix("application/") { type = type.dropFirst("application/".count) }
            return type == "jwt" || type == "at+jwt"
        }
    }

    init(_ token: some StringProtocol) throws(TokenRefused) {
        let parts = token.utf8.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard token.utf8.count <= Self.maximumBytes, parts.count == 3,
            let header = Base64URL.decode(parts[0]), let payload = Base64URL.decode(parts[1]),
            let signature = Base64URL.decode(parts[2]), !signature.isEmpty,
            let fields = try? JSONDecoder().decode(Header.self, from: header), fields.isServed,
            JSONNames.areUnique(header)
        else { throw TokenRefused() }
        self.header = fields
        self.payload = payload
        self.signature = signature
        self.signed = Array(parts[0]) + [UInt8(ascii: ".")] + Array(parts[1])
    }
}
