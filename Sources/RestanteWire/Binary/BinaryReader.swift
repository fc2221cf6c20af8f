import RestanteCore

/// Takes protobuf's wire format apart, for frames that are as every writer makes them.
///
/// Nil is no verdict: what is malformed, and what is only unusual, is left to SwiftProtobuf.
struct BinaryReader {
    private var rest: UnsafeRawBufferPointer

    init(_ bytes: UnsafeRawBufferPointer) { rest = bytes }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next byte: the key of a field, if the field's number is below 16.
    mutating func byte() -> UInt8? {
        guard let first = rest.first else { return nil }
        rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst())
        return first
    }

    /// A number below 2⁶³: nine bytes.
    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for index in 0..<min(rest.count, 9) {
            let byte = rest[index]
            value |= UInt64(byte & 0x7F) << (7 * UInt64(index))
            guard byte & 0x80 != 0 else {
                rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(index + 1))
                return value
            }
        }
        return nil
    }

    /// A length and as many bytes.
    mutating func bytes() -> UnsafeRawBufferPointer? {
        guard let count = varint(), count <= UInt64(rest.count) else { return nil }
        defer { rest = UnsafeRawBufferPointer(rebasing: rest.dropFirst(Int(count))) }
        return UnsafeRawBufferPointer(rebasing: rest.prefix(Int(count)))
    }

    /// 0 or 1, as bools and urgencies are written.
    mutating func flag() -> Bool? {
        switch byte() {
        case 0: false
        case 1: true
        default: nil
        }
    }

    /// A length and the text of what is a ``Name``.
    mutating func name() -> String? {
        guard let text = bytes(), (1...Limits.nameBytes).contains(text.count), !text.contains(0) else { return nil }
        return text.withMemoryRebound(to: UInt8.self) { String(validating: $0, as: UTF8.self) }
    }
}
