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

    /// By hand, for there may be one for each message: an `ack`, field 3, with `through`, field 1.
    static func acknowledge(_ through: UInt64) -> ByteBuffer {
        let number = varint(through)
        return make(opcode: 0x2, [3 << 3 | 2, UInt8(number.count + 1), 1 << 3] + number)
    }

    private static func varint(_ value: UInt64) -> [UInt8] {
        var (bytes, rest): ([UInt8], UInt64) = ([], value)
        while rest >= 0x80 {
            bytes.append(UInt8(rest & 0x7F) | 0x80)
            rest >>= 7
        }
        return bytes + [UInt8(rest)]
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
