/// Checks text that comes in pieces, and refuses it at the first byte that cannot be part of UTF-8 (RFC 3629 §4).
///
/// Overlong forms, surrogates and what lies beyond U+10FFFF are refused at the byte that makes them so.
struct UTF8Stream {
    /// Continuation bytes that the character under way still needs.
    private var missing = 0
    /// What the next of them may be: narrower than usual after some first bytes.
    private var next: ClosedRange<UInt8> = Self.continuation

    private static let continuation: ClosedRange<UInt8> = 0x80...0xBF

    /// Whether the text may end here.
    var isComplete: Bool { missing == 0 }

    /// Takes the next bytes; false if they are not UTF-8, and then the stream is of no more use.
    mutating func accept(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var index = 0
        while index < bytes.count {
            if missing == 0 {
                index = Self.skipASCII(bytes, from: index)
                guard index < bytes.count else { return true }
            }
            guard accept(bytes[index]) else { return false }
            index += 1
        }
        return true
    }

    private mutating func accept(_ byte: UInt8) -> Bool {
        guard missing == 0 else {
            guard next.contains(byte) else { return false }
            missing -= 1
            next = Self.continuation
            return true
        }
        switch byte {
        case 0x00...0x7F: return true
        case 0xC2...0xDF: expect(1, Self.continuation)
        case 0xE0: expect(2, 0xA0...0xBF)
        case 0xED: expect(2, 0x80...0x9F)
        case 0xE1...0xEF: expect(2, Self.continuation)
        case 0xF0: expect(3, 0x90...0xBF)
        case 0xF1...0xF3: expect(3, Self.continuation)
        case 0xF4: expect(3, 0x80...0x8F)
        default: return false
        }
        return true
    }

    private mutating func expect(_ count: Int, _ range: ClosedRange<UInt8>) {
        missing = count
        next = range
    }

    /// The index of the first byte from here on that may not be ASCII, looked at eight at a time.
    private static func skipASCII(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int {
        var index = start
        while index + 8 <= bytes.count,
            bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 == 0
        {
            index += 8
        }
        while index < bytes.count, bytes[index] < 0x80 { index += 1 }
        return index
    }
}

extension UTF8Stream {
    /// Whether bytes are text on their own.
    static func isValid(_ bytes: some Sequence<UInt8>) -> Bool {
        var stream = UTF8Stream()
        return Array(bytes).withUnsafeBytes { stream.accept($0) } && stream.isComplete
    }
}
