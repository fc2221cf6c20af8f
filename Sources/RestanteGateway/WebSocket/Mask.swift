/// The mask of a client's frame (RFC 6455 §5.3), applied as payload arrives.
struct Mask {
    /// The key, turned so that its first byte in memory is the next byte's.
    private var key: UInt32

    init(_ key: UInt32) {
        self.key = key
    }

    /// Masks or unmasks the next bytes of the payload, eight at a time.
    mutating func apply(to bytes: UnsafeMutableRawBufferPointer) {
        let word = UInt64(key) << 32 | UInt64(key)
        var index = 0
        while index + 8 <= bytes.count {
            let masked = bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            bytes.storeBytes(of: masked ^ word, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        withUnsafeBytes(of: key) { key in
            while index < bytes.count {
                bytes[index] ^= key[index & 3]
                index += 1
            }
        }
        turn(by: bytes.count & 3)
    }

    private mutating func turn(by count: Int) {
        let bits = UInt32(count * 8)
        guard bits > 0 else { return }
        let little = key.littleEndian
        key = UInt32(littleEndian: little >> bits | little << (32 - bits))
    }
}
