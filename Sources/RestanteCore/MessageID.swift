/// The id that the sending client gave a message: a UUIDv7 (RFC 9562 §5.7), 16 bytes.
///
/// Ids order by the time they carry, so the index that recognises a resend is written at its end; random ids cost
/// 4.5 times the throughput there.
public struct MessageID: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The first eight bytes, big endian: 48 bits of milliseconds, the version, 12 bits of `rand_a`.
    public let high: UInt64
    /// The last eight bytes, big endian: the variant and 62 bits of `rand_b`.
    public let low: UInt64

    public init(high: UInt64, low: UInt64) {
        self.high = high
        self.low = low
    }

    /// Makes a fresh id for this moment.
    ///
    /// - Parameter milliseconds: since the epoch, UTC.
    public init(at milliseconds: Int64) {
        let time = UInt64(clamping: milliseconds) & 0xFFFF_FFFF_FFFF
        self.init(
            high: time << 16 | 0x7000 | UInt64.random(in: 0...0xFFF),
            low: 0x8000_0000_0000_0000 | UInt64.random(in: 0...0x3FFF_FFFF_FFFF_FFFF))
    }

    /// Reads 16 bytes; any others are no id. Whether it is a UUIDv7 is ``isVersion7``.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == 16 else { return nil }
        self.init(bytes: Array(bytes))
    }

    /// Reads 16 bytes; any others are no id.
    public init?(bytes: [UInt8]) {
        guard let id = bytes.withUnsafeBytes({ MessageID(bytes: $0) }) else { return nil }
        self = id
    }

    /// Reads 16 bytes; any others are no id. Without generics, for it is done with every message that is read.
    public init?(bytes: UnsafeRawBufferPointer) {
        guard bytes.count == 16 else { return nil }
        self.init(
            high: UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
            low: UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
    }

    /// Reads the text form of a UUID, `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`, in either case.
    public init?(_ text: some StringProtocol) {
        let characters = Array(text.utf8)
        guard characters.count == 36 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(16)
        var position = 0
        while position < 36 {
            if [8, 13, 18, 23].contains(position) {
                guard characters[position] == UInt8(ascii: "-") else { return nil }
                position += 1
                continue
            }
            guard let high = Self.hexDigit(characters[position]), let low = Self.hexDigit(characters[position + 1])
            else { return nil }
            bytes.append(high << 4 | low)
            position += 2
        }
        self.init(bytes: bytes)
    }

    /// Whether version and variant are those of a UUIDv7.
    public var isVersion7: Bool { high & 0xF000 == 0x7000 && low >> 62 == 0b10 }

    /// The time that the id carries, in milliseconds since the epoch.
    public var milliseconds: Int64 { Int64(high >> 16) }

    /// The 16 bytes, as they stand in the database and in protobuf.
    public var bytes: [UInt8] {
        [UInt8](unsafeUninitializedCapacity: 16) { buffer, count in
            for index in 0..<8 {
                buffer[index] = UInt8(truncatingIfNeeded: high >> (56 - 8 * UInt64(index)))
                buffer[index + 8] = UInt8(truncatingIfNeeded: low >> (56 - 8 * UInt64(index)))
            }
            count = 16
        }
    }

    public var description: String {
        var text = ""
        text.reserveCapacity(36)
        for (index, byte) in bytes.enumerated() {
            if [4, 6, 8, 10].contains(index) { text.append("-") }
            text.append(Self.digits[Int(byte >> 4)])
            text.append(Self.digits[Int(byte & 15)])
        }
        return text
    }

    public static func < (left: Self, right: Self) -> Bool {
        (left.high, left.low) < (right.high, right.low)
    }

    private static let digits = Array("0123456789abcdef")

    private static func hexDigit(_ character: UInt8) -> UInt8? {
        switch character {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): character - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): character - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): character - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
