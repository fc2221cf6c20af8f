/// Walks the fields of a protobuf message in place: the generator looks at two or three of them and must be cheaper than
/// the server that it loads.
///
/// Bound to the bytes it was made with: it must not outlive the closure that lends them.
struct ProtoReader {
    enum Value {
        case number(UInt64)
        case bytes(UnsafeRawBufferPointer)
        /// 32 or 64 fixed bits: the schema has none that matter here.
        case fixed
    }

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// The next field; nil at the end, and at bytes that are no protobuf.
    mutating func next() -> (field: UInt64, value: Value)? {
        guard let key = number() else { return nil }
        let field = key >> 3
        switch key & 7 {
        case 0: return number().map { (field, .number($0)) }
        case 1: return skip(8) ? (field, .fixed) : nil
        case 2:
            guard let length = number(), length <= UInt64(bytes.count - position) else { return nil }
            defer { position += Int(length) }
            return (field, .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<position + Int(length)])))
        case 5: return skip(4) ? (field, .fixed) : nil
        default: return nil
        }
    }

    private mutating func skip(_ count: Int) -> Bool {
        position += count
        return position <= bytes.count
    }

    private mutating func number() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            guard position < bytes.count else { return nil }
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7F) << shift
            if byte < 0x80 { return value }
        }
        return nil
    }
}
