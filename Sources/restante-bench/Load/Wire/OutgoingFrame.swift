import NIOCore
import RestanteWire

/// WebSocket frames from client to server, ready to be written.
///
/// They carry the masking key 0, with which the payload stays as it is: legal (RFC 6455 §5.3 asks for keys that cannot be
/// predicted only of those who carry other people's content), and the server unmasks as it always does.
enum OutgoingFrame {
    /// One binary message.
    static func message(_ frame: WireClientFrame) -> ByteBuffer {
        make(opcode: 0x2, WireFormat.proto.encode(frame))
    }

    static func acknowledge(_ through: UInt64) -> ByteBuffer {
        var frame = WireClientFrame()
        frame.ack.through = through
        return message(frame)
    }

    static let ping = make(opcode: 0x9, [])

    static func pong(_ body: [UInt8]) -> ByteBuffer { make(opcode: 0xA, body) }

    /// - Parameter code: nil for an empty body.
    static func close(_ code: UInt16?) -> ByteBuffer {
        make(opcode: 0x8, code.map { [UInt8($0 >> 8), UInt8($0 & 0xFF)] } ?? [])
    }

    private static func make(opcode: UInt8, _ body: [UInt8]) -> ByteBuffer {
        var buffer = ByteBufferAllocator().buffer(capacity: body.count + 14)
        buffer.writeInteger(0x80 | opcode)
        switch body.count {
        case ..<126: buffer.writeInteger(0x80 | UInt8(body.count))
        case ..<65536:
            buffer.writeInteger(UInt8(0x80 | 126))
            buffer.writeInteger(UInt16(body.count))
        default:
            buffer.writeInteger(UInt8(0x80 | 127))
            buffer.writeInteger(UInt64(body.count))
        }
        buffer.writeInteger(UInt32(0))
        buffer.writeBytes(body)
        return buffer
    }
}
