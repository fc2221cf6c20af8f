import NIOCore

/// The head of a client's frame (RFC 6455 §5.2).
struct FrameHeader: Equatable {
    /// Longest: two bytes, eight of length, four of mask.
    static let maximumBytes = 14
    /// Most that a control frame may hold (§5.5).
    static let controlBytes = 125

    var isFinal: Bool
    var opcode: Opcode
    var length: Int
    /// The four bytes in the order in which they lie in memory.
    var mask: UInt32

    /// Takes a header off the front of `input`; nil, and nothing taken, if it is not all there.
    ///
    /// Each byte is judged as soon as it has come, so that a wrong frame is refused before anything of its payload is
    /// kept, and a length before anything is allocated for it.
    ///
    /// - Throws: what the connection is to be closed with.
    static func read(from input: inout ByteBuffer) throws(CloseWebSocket) -> FrameHeader? {
        let start = input.readerIndex
        guard let first = input.getInteger(at: start, as: UInt8.self) else { return nil }
        let opcode = try opcode(first)
        guard let second = input.getInteger(at: start + 1, as: UInt8.self) else { return nil }
        let short = try short(second, isControl: opcode.isControl)
        guard let (length, size) = try length(short, in: input, at: start + 2),
            let mask = input.getInteger(at: start + 2 + size, endianness: .host, as: UInt32.self)
        else { return nil }
        input.moveReaderIndex(forwardBy: 2 + size + 4)
        return FrameHeader(isFinal: first & 0x80 != 0, opcode: opcode, length: length, mask: mask)
    }

    /// No extension is ever agreed on, so the reserved bits must be 0.
    private static func opcode(_ first: UInt8) throws(CloseWebSocket) -> Opcode {
        guard first & 0x70 == 0 else { throw .protocolError("reserved bits are set") }
        guard let opcode = Opcode(rawValue: first & 0x0F) else { throw .protocolError("reserved opcode") }
        guard !opcode.isControl || first & 0x80 != 0 else { throw .protocolError("control frame is fragmented") }
        return opcode
    }

    /// The seven bits of length: the length itself, or 126 or 127 for a longer one.
    private static func short(_ second: UInt8, isControl: Bool) throws(CloseWebSocket) -> UInt8 {
        guard second & 0x80 != 0 else { throw .protocolError("frame is not masked") }
        guard !isControl || second & 0x7F <= controlBytes else { throw .protocolError("control frame is too long") }
        return second & 0x7F
    }

    /// The length, and in how many further bytes it stood; nil if they are not all there.
    ///
    /// It must be in the fewest bytes that do, and below 2⁶³.
    private static func length(
        _ short: UInt8, in input: ByteBuffer, at index: Int
    ) throws(CloseWebSocket) -> (Int, size: Int)? {
        switch short {
        case 126:
            guard let length = input.getInteger(at: index, as: UInt16.self) else { return nil }
            guard length > 125 else { throw .protocolError("length is not in its shortest form") }
            return (Int(length), 2)
        case 127:
            guard let length = input.getInteger(at: index, as: UInt64.self) else { return nil }
            guard length > UInt16.max else { throw .protocolError("length is not in its shortest form") }
            guard let length = Int(exactly: length) else { throw .protocolError("length beyond 63 bits") }
            return (length, 8)
        default: return (Int(short), 0)
        }
    }
}
