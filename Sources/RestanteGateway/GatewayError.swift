/// Why the gateway, or something that it needs, cannot start or go on.
public struct GatewayError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it was, for code that decides.
    public enum Code: Sendable {
        /// A JWK set or key file that cannot be read or says something that cannot be served.
        case badKeys
        /// A certificate, or the private key to it, that cannot be served.
        case badCertificate
        /// The address cannot be listened on.
        case cannotListen
        /// The store ended with an I/O error or a damaged file: the process must exit non-zero.
        case storeFailed
    }

    public var code: Code
    /// One sentence that says what to do. Holds no key and no token.
    public var message: String
    /// What the store said when it failed.
    public var cause: (any Error)?

    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    public var description: String { message }
}
