import NIOHTTP1

/// How large the head of a request may be. A token is at most 8 KiB; what browsers and proxies add fits beside it.
enum HTTPLimits {
    /// Bytes of target and fields, names and values, together. More is answered with 431.
    static let headBytes = 16 * 1024
    /// Fields of one head. More is answered with 431.
    static let fields = 100
    /// Bytes of the target: our paths are short and take no query. More is answered with 414.
    static let targetBytes = 2048

    /// The same for NIO's decoder, which counts while a head arrives.
    static var decoder: NIOHTTPDecoderLimitConfiguration {
        var limits = NIOHTTPDecoderLimitConfiguration()
        limits.maxHeaderFieldSize = headBytes
        limits.maxHeaderListSize = headBytes
        limits.maxHeaderFieldCount = fields
        return limits
    }
}
