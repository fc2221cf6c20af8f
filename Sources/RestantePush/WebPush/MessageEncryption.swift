import Crypto
import FoundationEssentials

/// Encrypts a push message for a user agent (RFC 8291), as one record of `aes128gcm` (RFC 8188).
enum MessageEncryption {
    /// Bytes of a user agent's key (an uncompressed point), of its authentication secret, and of a salt.
    static let keyBytes = 65
    static let secretBytes = 16
    static let saltBytes = 16
    /// Bytes of a record; no push service has to take more (RFC 8030 §7.2).
    static let recordBytes = 4096
    /// Most bytes of a message: a record less its tag and delimiter, and less the header, which must fit in 4,096 with
    /// it.
    static let maximumMessage = recordBytes - 17 - headerBytes
    private static let headerBytes = saltBytes + 4 + 1 + keyBytes

    /// The keys of a subscription cannot be used.
    struct BadKeys: Error {}

    /// - Parameters:
    ///   - key: the user agent's, from its subscription.
    ///   - secret: the subscription's `auth`.
    static func encrypt(_ message: [UInt8], key: [UInt8], secret: [UInt8]) throws(BadKeys) -> [UInt8] {
        var generator = SystemRandomNumberGenerator()
        let salt = (0..<saltBytes).map { _ in UInt8.random(in: .min ... .max, using: &generator) }
        return try encrypt(message, key: key, secret: secret, sender: P256.KeyAgreement.PrivateKey(), salt: salt)
    }

    /// - Parameters:
    ///   - sender: a key for this message alone.
    ///   - salt: random, for this message alone.
    static func encrypt(
        _ message: [UInt8], key: [UInt8], secret: [UInt8], sender: P256.KeyAgreement.PrivateKey, salt: [UInt8]
    ) throws(BadKeys) -> [UInt8] {
        precondition(message.count <= maximumMessage && salt.count == saltBytes, "too long for a record, or no salt")
        guard secret.count == secretBytes, key.count == keyBytes else { throw BadKeys() }
        do {
            let receiver = try P256.KeyAgreement.PublicKey(x963Representation: key)
            let own = Array(sender.publicKey.x963Representation)
            let input = try sender.sharedSecretFromKeyAgreement(with: receiver).hkdfDerivedSymmetricKey(
                using: SHA256.self, salt: secret, sharedInfo: Array("WebPush: info\0".utf8) + key + own,
                outputByteCount: 32)
            let sealed = try AES.GCM.seal(
                message + [2], using: derive("Content-Encoding: aes128gcm\0", 16, input, salt),
                nonce: AES.GCM.Nonce(data: derive("Content-Encoding: nonce\0", 12, input, salt).bytes))
            return header(salt: salt, key: own) + sealed.ciphertext + sealed.tag
        } catch {
            throw BadKeys()
        }
    }

    private static func derive(_ info: String, _ count: Int, _ input: SymmetricKey, _ salt: [UInt8]) -> SymmetricKey {
        HKDF<SHA256>.deriveKey(inputKeyMaterial: input, salt: salt, info: Array(info.utf8), outputByteCount: count)
    }

    /// RFC 8188 §2.1: salt, size of a record, and the sender's key as the id of the key.
    private static func header(salt: [UInt8], key: [UInt8]) -> [UInt8] {
        salt + withUnsafeBytes(of: UInt32(recordBytes).bigEndian, Array.init) + [UInt8(key.count)] + key
    }
}

extension SymmetricKey {
    fileprivate var bytes: [UInt8] { withUnsafeBytes { Array($0) } }
}
