import Crypto
import FoundationEssentials
import JWTKit
import RestanteCore

/// A private key on P-256 that signs as us: APNs' `.p8`, and VAPID's.
///
/// Its description says nothing of it (P6).
public struct PushKey: Sendable {
    let key: P256.Signing.PrivateKey

    /// - Parameters:
    ///   - pem: `-----BEGIN PRIVATE KEY-----` (PKCS #8) or `-----BEGIN EC PRIVATE KEY-----`, whatever stands around it.
    ///   - name: what an error calls it, a path, say.
    public init(pem: String, name: String) throws(PushError) {
        let block = Self.block(in: pem)
        guard !(block ?? "").contains("ENCRYPTED") else {
            throw PushError(
                "\(name) is encrypted with a passphrase, which a server has nobody to ask for: write it without one "
                    + "(openssl pkey -in … -out …), mode 0600")
        }
        do {
            key = try P256.Signing.PrivateKey(pemRepresentation: block ?? pem)
        } catch {
            throw PushError("\(name) holds no private key on P-256 in PEM (-----BEGIN PRIVATE KEY-----)")
        }
    }

    /// The private key alone: `openssl ecparam -genkey` writes the curve's parameters before it.
    private static func block(in pem: String) -> String? {
        let lines = pem.split(whereSeparator: \.isNewline)
        func isBorder(_ line: Substring, _ word: String) -> Bool {
            line.hasPrefix("-----\(word) ") && line.contains("PRIVATE KEY-----")
        }
        guard let begin = lines.firstIndex(where: { isBorder($0, "BEGIN") }),
            let end = lines[begin...].firstIndex(where: { isBorder($0, "END") })
        else { return nil }
        return lines[begin...end].joined(separator: "\n")
    }

    /// Reads a PEM file. Blocks for as long as the disk does.
    public init(file path: String) throws(PushError) {
        try self.init(pem: String(decoding: CredentialFile.read(path), as: UTF8.self), name: path)
    }

    /// The public half as base64url of its point, uncompressed.
    var publicKey: String { Base64URL.encode(key.publicKey.x963Representation) }

    var signer: ES256PrivateKey {
        get throws(PushError) {
            do {
                return try ES256PrivateKey(backing: key)
            } catch {
                throw PushError("the key cannot sign: is it a key on P-256?")
            }
        }
    }
}

extension PushKey: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "a private key" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
