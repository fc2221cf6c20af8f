package import Foundation
import RestanteCore

/// A JWT taken apart by hand, so that a test does not believe the library that made it.
package struct SignedToken {
    package var header: [String: Any]
    package var claims: [String: Any]
    /// What the signature is over.
    package var signed: Data
    package var signature: Data

    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { Base64URL.decode($0.utf8) }
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
