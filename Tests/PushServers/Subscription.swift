import Crypto
import Foundation
package import RestanteCore

/// A browser's side of a subscription: its keys, and how it reads what comes (RFC 8291 §3.4, RFC 8188 §2).
package struct Subscription: Sendable {
    package struct Unreadable: Error {}

    private let privateKey = P256.KeyAgreement.PrivateKey()
    package init() {}

    package let secret = (0..<16).map { _ in UInt8.random(in: .min ... .max) }

    package var key: [UInt8] { Array(privateKey.publicKey.x963Representation) }

    package func target(_ endpoint: String) -> PushTarget { .webPush(endpoint: endpoint, key: key, secret: secret) }

    package func decrypt(_ body: [UInt8]) throws -> [UInt8] {
        guard body.count >= 86 + 17, Array(body[16..<20]) == [0, 0, 16, 0], body[20] == 65 else { throw Unreadable() }
        let salt = Array(body[..<16])
        let sender = try P256.KeyAgreement.PublicKey(x963Representation: Array(body[21..<86]))
        let shared = try privateKey.sharedSecretFromKeyAgreement(with: sender).withUnsafeBytes { Data($0) }
        let info = Data("WebPush: info".utf8) + [0] + Data(key) + Data(body[21..<86])
        let input = HKDF<SHA256>.deriveKey(
            inputKeyMaterial: SymmetricKey(data: shared), salt: secret, info: info, outputByteCount: 32)
        let extracted = HKDF<SHA256>.extract(inputKeyMaterial: input, salt: salt)
        let key = HKDF<SHA256>.expand(
            pseudoRandomKey: extracted, info: Data("Content-Encoding: aes128gcm".utf8) + [0], outputByteCount: 16)
        let nonce = HKDF<SHA256>.expand(
            pseudoRandomKey: extracted, info: Data("Content-Encoding: nonce".utf8) + [0], outputByteCount: 12)
        let box = try AES.GCM.SealedBox(
            nonce: AES.GCM.Nonce(data: nonce.withUnsafeBytes { Data($0) }), ciphertext: body[86..<(body.count - 16)],
            tag: body.suffix(16))
        let record = Array(try AES.GCM.open(box, using: key))
        guard let end = record.lastIndex(where: { $0 != 0 }), record[end] == 2 else { throw Unreadable() }
        return Array(record[..<end])
    }
}
