/// Asks the guard, as an outbound event, to begin the closing handshake.
struct CloseWebSocket: Sendable, Equatable {
    var code: UInt16
    /// Cut to what a close frame holds; shown to developers, never parsed.
    var reason: String
}

/// The codes and bodies of close frames (RFC 6455 §5.5.1 and §7.4).
enum CloseBody {
    /// What is wrong with a close frame's body.
    enum Verdict: Equatable {
        /// `code` is nil if the peer gave none.
        case good(code: UInt16?)
        case bad(CloseWebSocket)
    }

    /// Most bytes of UTF-8 in a reason: a control frame's 125 less the code.
    static let reasonBytes = 123

    static func judge(_ body: [UInt8]) -> Verdict {
        guard !body.isEmpty else { return .good(code: nil) }
        guard body.count >= 2 else { return .bad(CloseWebSocket(code: 1002, reason: "close body of one byte")) }
        let code = UInt16(body[0]) << 8 | UInt16(body[1])
        guard mayBeSent(code) else { return .bad(CloseWebSocket(code: 1002, reason: "reserved close code")) }
        guard UTF8Check.isValid(body[2...]) else {
            return .bad(CloseWebSocket(code: 1007, reason: "close reason is not UTF-8"))
        }
        return .good(code: code)
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

/// Whether bytes are UTF-8.
enum UTF8Check {
    static func isValid(_ bytes: [UInt8]) -> Bool {
        (try? UTF8Span(validating: bytes.span)) != nil
    }

    static func isValid(_ bytes: ArraySlice<UInt8>) -> Bool { isValid(Array(bytes)) }
}
