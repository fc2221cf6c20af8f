/// How a WebSocket is closed: an outbound event that asks for it, or what is wrong with what the peer sent.
package struct CloseWebSocket: Error, Equatable {
    package var code: UInt16
    /// Cut to what a close frame holds; shown to developers, never parsed.
    package var reason: String

    package init(code: UInt16, reason: String) {
        self.code = code
        self.reason = reason
    }

    static func protocolError(_ reason: String) -> CloseWebSocket { CloseWebSocket(code: 1002, reason: reason) }
}
