import Foundation

/// Something that must be nowhere in what a server writes, in no form that it may have taken.
struct Secret {
    var name: String
    var bytes: Data

    init(_ name: String, _ bytes: Data) {
        self.name = name
        self.bytes = bytes
    }

    init(_ name: String, _ text: String) { self.init(name, Data(text.utf8)) }

    /// As text, in hex, and in base64 and base64url wherever in a longer text it may stand.
    var forms: [String] {
        let hex = bytes.map { String(format: "%02x", $0) }.joined()
        let encoded = (0..<3).map(base64(after:))
        let url = encoded.map { $0.replacing("+", with: "-").replacing("/", with: "_") }
        return [String(data: bytes, encoding: .utf8), hex, hex.uppercased()].compactMap(\.self) + encoded + url
    }

    func isIn(_ text: String) -> Bool { forms.contains { text.contains($0) } }

    /// What base64 makes of it when so many bytes stand before it: without what depends on them, or on what follows.
    private func base64(after count: Int) -> String {
        let text = (Data(repeating: 0, count: count) + bytes).base64EncodedString()
        let whole = (count + bytes.count) / 3 * 4
        return String(text.prefix(whole).dropFirst(count == 0 ? 0 : 4))
    }
}
