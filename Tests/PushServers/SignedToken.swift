package import Foundation

/// A JWT taken apart by hand, so that a test does not believe the library that made it.
package struct SignedToken {
    package var header: [String: Any]
    package var claims: [String: Any]
    /// What the signature is over.
    package var signed: Data
    package var signature: Data

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Data(base64URL: String($0)) }
        guard parts.count == 3, let header = parts[0], let claims = parts[1], let signature = parts[2],
            let headerFields = try? JSONSerialization.jsonObject(with: header) as? [String: Any],
            let claimFields = try? JSONSerialization.jsonObject(with: claims) as? [String: Any]
        else { return nil }
        self.header = headerFields
        self.claims = claimFields
        self.signature = signature
        signed = Data(text[..<(text.lastIndex(of: ".") ?? text.endIndex)].utf8)
    }

    package subscript(seconds name: String) -> Int64? { (claims[name] as? NSNumber)?.int64Value }
}

extension Data {
    package init?(base64URL text: String) {
        guard !text.contains(where: { "+/=".contains($0) }) else { return nil }
        var text = text.replacing("-", with: "+").replacing("_", with: "/")
        text += String(repeating: "=", count: (4 - text.count % 4) % 4)
        self.init(base64Encoded: text)
    }
}
