/// The codes and bodies of close frames (RFC 6455 §5.5.1 and §7.4).
enum CloseBody {
    /// Most bytes of UTF-8 in a reason: a control frame's 125 less the code.
    static let reasonBytes = 123

    /// The code that the peer gave, or nil if it gave none.
    ///
    /// - Throws: what a wrong body is answered with.
    static func code(of body: [UInt8]) throws(CloseWebSocket) -> UInt16? {
        guard !body.isEmpty else { return nil }
        guard body.count >= 2 else { throw .protocolError("close body of one byte") }
        let code = UInt16(body[0]) << 8 | UInt16(body[1])
        guard mayBeSent(code) else { throw .protocolError("reserved close code") }
        guard UTF8Stream.isValid(body[2...]) else {
            throw CloseWebSocket(code: 1007, reason: "close reason is not UTF-8")
        }
        return code
    }

    /// Whether a peer may put this code in a frame: registered with IANA, of a library, or private.
    static func mayBeSent(_ code: UInt16) -> Bool {
        switch code {
        case 1000...1003, 1007...1014, 3000...4999: true
        default: false
        }
    }

    /// A body with this code and as much of the reason as fits, cut between characters.
    static func make(_ close: CloseWebSocket) -> [UInt8] {
        var body = [UInt8(close.code >> 8), UInt8(close.code & 0xFF)]
        var room = reasonBytes
        for character in close.reason {
            room -= character.utf8.count
            guard room >= 0 else { break }
            body.append(contentsOf: character.utf8)
        }
        return body
    }
}
