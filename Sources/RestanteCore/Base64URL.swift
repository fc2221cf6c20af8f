package import FoundationEssentials

/// Base64 with the alphabet of URLs and without padding (RFC 4648 §5, as RFC 7515 uses it).
package enum Base64URL {
    /// Nil for anything but the one way to write these bytes: bits that are left over must be zero (RFC 4648 §3.5).
    package static func decode(_ text: some Collection<UInt8>) -> Data? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count + 2)
        for character in text {
            switch character {
            case UInt8(ascii: "-"): bytes.append(UInt8(ascii: "+"))
            case UInt8(ascii: "_"): bytes.append(UInt8(ascii: "/"))
            case UInt8(ascii: "+"), UInt8(ascii: "/"), UInt8(ascii: "="): return nil
            default: bytes.append(character)
            }
        }
        bytes.append(contentsOf: repeatElement(UInt8(ascii: "="), count: (4 - bytes.count % 4) % 4))
        guard let data = Data(base64Encoded: Data(bytes)), data.base64EncodedData() == Data(bytes) else { return nil }
        return data
    }

    package static func encode(_ data: Data) -> String {
        var text = ""
        for character in data.base64EncodedString() {
            switch character {
            case "+": text.append("-")
            case "/": text.append("_")
            case "=": break
            default: text.append(character)
            }
        }
        return text
    }
}
