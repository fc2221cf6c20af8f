import FoundationEssentials

/// Looks at the names of a JSON object, of which a decoder keeps one and says nothing of the others.
enum JSONNames {
    /// Whether the object is UTF-8 and none of its own names stands in it twice.
    ///
    /// Two readers of a token with `sub` twice may see two users (RFC 7515 §4, RFC 7519 §4). Names are compared as they are
    /// meant: `"\u0073ub"` is `"sub"`. Objects within are not looked at: no claim of ours is one.
    ///
    /// - Parameter object: JSON that a decoder has taken; for anything else the answer means nothing.
    static func areUnique(_ object: Data) -> Bool {
        // A decoder takes UTF-16 and UTF-32, too, which have zero bytes or begin with a byte order mark.
        guard let first = object.first, first < 0x80, !object.contains(0) else { return false }
        var names: Set<String> = []
        var scanner = Scanner(bytes: Array(object))
        while let name = scanner.next() {
            guard let name, names.insert(name).inserted else { return false }
        }
        return true
    }

    private struct Scanner {
        let bytes: [UInt8]
        private var position = 0
        private var depth = 0
        private var isNameNext = false

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// The next name of the outermost object; an inner nil is one that cannot be read, the outer nil the end.
        mutating func next() -> String?? {
            while position < bytes.count {
                let byte = bytes[position]
                if byte == UInt8(ascii: "\"") {
                    let text = takeString()
                    guard isNameNext, depth == 1 else { continue }
                    isNameNext = false
                    return .some(decode(text))
                }
                position += 1
                step(byte)
            }
            return nil
        }

        private mutating func step(_ byte: UInt8) {
            switch byte {
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                isNameNext = depth == 1 && byte == UInt8(ascii: "{")
            case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
            case UInt8(ascii: ","): isNameNext = depth == 1
            default: break
            }
        }

        /// Steps over a string: its bytes with the quotes.
        private mutating func takeString() -> ArraySlice<UInt8> {
            let start = position
            position += 1
            while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
                position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
            }
            position = min(position + 1, bytes.count)
            return bytes[start..<position]
        }

        private func decode(_ text: ArraySlice<UInt8>) -> String? {
            guard text.contains(UInt8(ascii: "\\")) else {
                return String(validating: text.dropFirst().dropLast(), as: UTF8.self)
            }
            return try? JSONDecoder().decode(String.self, from: Data(text))
        }
    }
}
