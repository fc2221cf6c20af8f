import RestanteCore

/// Writes protobuf's wire format into memory that has just the room for it: ``BinarySize`` says how much.
///
/// Every field written here has a number below 16, so that its key is one byte.
struct BinaryWriter {
    private let all: UnsafeMutableRawBufferPointer
    private var position = 0

    init(_ memory: UnsafeMutableRawBufferPointer) { all = memory }

    /// Nothing is left of the memory.
    var isFull: Bool { position == all.count }

    mutating func byte(_ byte: UInt8) {
        precondition(position < all.count, "more is written than there is room for")
        all[position] = byte
        position += 1
    }

    mutating func varint(_ number: UInt64) {
        var number = number
        while number > 0x7F {
            byte(UInt8(truncatingIfNeeded: number) | 0x80)
            number >>= 7
        }
        byte(UInt8(number))
    }

    /// A number; left out if it is 0, as proto3 does.
    mutating func number(_ key: UInt8, _ number: UInt64) {
        guard number != 0 else { return }
        byte(key)
        varint(number)
    }

    /// The beginning of a field of so many bytes.
    mutating func head(_ key: UInt8, _ count: Int) {
        byte(key)
        varint(UInt64(count))
    }

    mutating func bytes(_ bytes: UnsafeRawBufferPointer) {
        precondition(bytes.count <= all.count - position, "more is written than there is room for")
        UnsafeMutableRawBufferPointer(rebasing: all[position...]).copyMemory(from: bytes)
        position += bytes.count
    }

    /// Text that is there even if it is empty: one of a oneof.
    mutating func text(_ key: UInt8, _ text: String) {
        var text = text
        head(key, text.utf8.count)
        text.withUTF8 { bytes(UnsafeRawBufferPointer($0)) }
    }

    mutating func id(_ key: UInt8, _ id: MessageID) {
        head(key, 16)
        withUnsafeBytes(of: (id.high.bigEndian, id.low.bigEndian)) { bytes($0) }
    }
}

/// How many bytes something is in protobuf's wire format.
enum BinarySize {
    static func varint(_ number: UInt64) -> Int { (63 - (number | 1).leadingZeroBitCount) / 7 + 1 }

    /// A field with a number in it, or without a word if that is 0.
    static func number(_ number: UInt64) -> Int { number == 0 ? 0 : 1 + varint(number) }

    /// A field with so many bytes in it.
    static func field(_ count: Int) -> Int { 1 + varint(UInt64(count)) + count }

    static func text(_ text: String) -> Int { field(text.utf8.count) }

    static let id = field(16)
}
