package import NIOCore

/// Reads a client's side of a WebSocket (RFC 6455 §5): bytes in, however they are split, whole messages and control
/// frames out.
///
/// A value without socket or clock. Nothing is kept of a frame but its payload so far.
package struct FrameReader {
    /// More bytes of a header than ever stand in front of the next read.
    package static let mostKept = FrameHeader.maximumBytes

    package enum Event: Equatable {
        case message(WebSocketMessage)
        case ping([UInt8])
        case pong
        /// The body of the peer's close frame; ``CloseBody`` judges it.
        case close([UInt8])

        /// No message comes of it, but work does.
        var isPingOrPong: Bool {
            switch self {
            case .ping, .pong: true
            case .message, .close: false
            }
        }
    }

    /// A frame whose header has been read.
    private struct Frame {
        var header: FrameHeader
        var mask: Mask
        /// Bytes of payload that have not come.
        var missing: Int
    }

    private var frame: Frame?
    private var assembler: MessageAssembler
    /// What has come of a control frame: at most 125 bytes.
    private var control: [UInt8] = []

    /// Bytes that are allocated for the message under way.
    var capacity: Int { assembler.capacity }

    package init(maximumBytes: Int, expected: WebSocketMessage.Kind?) {
        assembler = MessageAssembler(maximumBytes: maximumBytes, expected: expected)
    }

    /// Takes bytes off the front of `input` until there is something to say.
    ///
    /// - Returns: nil if more bytes are needed. Then all have been taken but the beginning of a header, fewer than 14
    ///   bytes, which must stand in front of what comes next.
    /// - Throws: what the connection is to be closed with. What the peer sends after that is not to be read (§7.1.7).
    package mutating func next(from input: inout ByteBuffer) throws(CloseWebSocket) -> Event? {
        while true {
            if frame == nil, try !begin(&input) { return nil }
            guard try takePayload(&input) else { return nil }
            if let event = try end() { return event }
        }
    }

    /// False if the header is not all there.
    private mutating func begin(_ input: inout ByteBuffer) throws(CloseWebSocket) -> Bool {
        guard let header = try FrameHeader.read(from: &input) else { return false }
        if !header.opcode.isControl { try assembler.begin(header) }
        frame = Frame(header: header, mask: Mask(header.mask), missing: header.length)
        return true
    }

    /// False if the frame goes on after what has come.
    private mutating func takePayload(_ input: inout ByteBuffer) throws(CloseWebSocket) -> Bool {
        guard var frame else { preconditionFailure("payload without a header") }
        let count = min(frame.missing, input.readableBytes)
        if count > 0 {
            let isControl = frame.header.opcode.isControl
            let refused = input.readWithUnsafeReadableBytes { bytes -> (Int, CloseWebSocket?) in
                let payload = UnsafeRawBufferPointer(rebasing: bytes[..<count])
                do throws(CloseWebSocket) {
                    if isControl {
                        takeControl(payload, &frame.mask)
                    } else {
                        try assembler.append(payload, &frame.mask)
                    }
                    return (count, nil)
                } catch {
                    return (count, error)
                }
            }
            if let refused { throw refused }
            frame.missing -= count
        }
        self.frame = frame
        return frame.missing == 0
    }

    private mutating func takeControl(_ payload: UnsafeRawBufferPointer, _ mask: inout Mask) {
        let start = control.count
        control.append(contentsOf: payload)
        control.withUnsafeMutableBytes { mask.apply(to: UnsafeMutableRawBufferPointer(rebasing: $0[start...])) }
    }

    /// The frame is whole; nil if its message is not.
    private mutating func end() throws(CloseWebSocket) -> Event? {
        guard let header = frame?.header else { preconditionFailure("a frame ends that did not begin") }
        frame = nil
        switch header.opcode {
        case .close: return .close(takeControl())
        case .ping: return .ping(takeControl())
        case .pong:
            control = []
            return .pong
        case .continuation, .text, .binary: return header.isFinal ? .message(try assembler.finish()) : nil
        }
    }

    private mutating func takeControl() -> [UInt8] {
        defer { control = [] }
        return control
    }
}
