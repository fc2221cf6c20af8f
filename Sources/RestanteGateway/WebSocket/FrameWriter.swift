import NIOCore

/// Writes the frames of a server: unmasked, never fragmented (RFC 6455 §5.1, §5.2).
enum FrameWriter {
    /// Header and payload in one buffer, made at its right size.
    static func frame(_ opcode: Opcode, _ payload: [UInt8], _ allocator: ByteBufferAllocator) -> ByteBuffer {
        var buffer = allocator.buffer(capacity: payload.count + 10)
        buffer.writeInteger(0x80 | opcode.rawValue)
        switch payload.count {
        case ..<126: buffer.writeInteger(UInt8(payload.count))
        case ...Int(UInt16.max): buffer.writeMultipleIntegers(126 as UInt8, UInt16(payload.count))
        default: buffer.writeMultipleIntegers(127 as UInt8, UInt64(payload.count))
        }
        buffer.writeBytes(payload)
        return buffer
    }
}
