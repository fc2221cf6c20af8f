import NIOCore

/// Writes the frames of a server: unmasked, never fragmented (RFC 6455 §5.1, §5.2).
enum FrameWriter {
    /// Header and payload in one buffer, made at its right size.
    static func frame(_ opcode: Opcode, _ payload: [UInt8], _ allocator: ByteBufferAllocator) -> ByteBuffer {
        let head = headBytes(payload.count)
        var buffer = allocator.buffer(capacity: head + payload.count)
        buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: head) { memory in
            writeHead(opcode, payload.count, to: memory)
            return head
        }
        buffer.writeBytes(payload)
        return buffer
    }

    /// Bytes of the header in front of so much payload.
    static func headBytes(_ count: Int) -> Int {
        switch count {
        case ..<126: 2
        case ...Int(UInt16.max): 4
        default: 10
        }
    }

    /// Writes the header: the first ``headBytes(_:)`` of the memory.
    static func writeHead(_ opcode: Opcode, _ count: Int, to memory: UnsafeMutableRawBufferPointer) {
        memory[0] = 0x80 | opcode.rawValue
        switch count {
        case ..<126: memory[1] = UInt8(count)
        case ...Int(UInt16.max):
            memory[1] = 126
            memory.storeBytes(of: UInt16(count).bigEndian, toByteOffset: 2, as: UInt16.self)
        default:
            memory[1] = 127
            memory.storeBytes(of: UInt64(count).bigEndian, toByteOffset: 2, as: UInt64.self)
        }
    }
}
