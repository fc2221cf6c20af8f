/// A whole message: unmasked, put together from its fragments and, if it is text, known to be UTF-8.
package struct WebSocketMessage: Sendable, Equatable {
    package enum Kind: Sendable {
        case text
        case binary
    }

    package var kind: Kind
    package var bytes: [UInt8]

    package init(_ kind: Kind, _ bytes: [UInt8]) {
        self.kind = kind
        self.bytes = bytes
    }
}

/// What a session writes. Pongs and close frames are the business of ``WebSocketHandler``.
package enum WebSocketOutput: Sendable {
    case message(WebSocketMessage)
    /// Without a body.
    case ping
}
