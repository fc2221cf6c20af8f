import RestanteCore

/// Takes protobuf's wire format apart, for frames that are as every writer makes them.
///
/// Nil is no verdict: what is malformed, and what is only unusual, is left to SwiftProtobuf.
struct BinaryReader {
    private let all: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { all = bytes }

    var isAtEnd: Bool { position == all.count }

    /// The next byte: the key of a field, if the field's number is below 16.
    mutating func byte() -> UInt8? {
        guard position < all.count else { return nil }
        defer { position += 1 }
        return all[position]
    }

    /// A number below 2⁶³: at most nine bytes.
    mutating func varint() -> UInt64? {
        var value: UInt64 = 0
        for shift in stride(from: 0 as UInt64, to: 63, by: 7) {
            guard let byte = byte() else { return nil }
            value |= UInt64(byte & 0x7F) << shift
            if byte & 0x80 == 0 { return value }
        }
        return nil
    }

    /// A length and as many bytes.
    mutating func bytes() -> UnsafeRawBufferPointer? {
        guard let count = varint(), count <= UInt64(all.count - position) else { return nil }
        let start = position
        position += Int(count)
        return UnsafeRawBufferPointer(rebasing: all[start..<position])
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
        guard let text = text(), (1...Limits.nameBytes).contains(text.utf8.count), !text.utf8.contains(0) else {
            return nil
        }
        return text
    }

    /// A length and as many bytes of UTF-8.
    mutating func text() -> String? {
        guard let bytes = bytes() else { return nil }
        // What is not UTF-8 is repaired, and then is something else.
        var text = bytes.withMemoryRebound(to: UInt8.self) { String(decoding: $0, as: UTF8.self) }
        return text.withUTF8 { $0.elementsEqual(bytes) } ? text : nil
    }
}
