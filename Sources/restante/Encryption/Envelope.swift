import Crypto
import Foundation

/// What the command line's `send` makes of a text, and its `listen` opens: one ciphertext, whose key is sealed to each
/// reader with HPKE (RFC 9180, base mode, X25519, HKDF-SHA256, ChaCha20-Poly1305).
///
/// Layout: `RHE1` · number of readers (2 bytes, big endian) · for each: key id (8), encapsulated key (32), sealed key
/// (48) · nonce, ciphertext and tag. All before the nonce is authenticated with the ciphertext.
///
/// It shows that the server needs no plaintext. It is no messenger's protocol: no ratchet, and the sender's name is the
/// server's word.
enum Envelope {
    private static let magic = Data("RHE1".utf8)
    private static let info = Data("restante command line, envelope 1".utf8)
    private static let suite = HPKE.Ciphersuite.Curve25519_SHA256_ChachaPoly
    private static let slotBytes = 8 + 32 + 48

    /// Why a payload could not be opened.
    enum Failure: Error {
        /// Not made by `seal`: another app's message, or plain text.
        case notAnEnvelope
        /// Sealed, but not for this key.
        case forSomeoneElse
        /// Changed on its way.
        case damaged
    }

    /// Encrypts to each of the readers.
    static func seal(_ text: Data, to readers: [Keyring.PublicKey]) throws -> Data {
        let key = SymmetricKey(size: .bits256)
        var head = magic
        head.append(contentsOf: [UInt8(readers.count >> 8), UInt8(readers.count & 255)])
        for reader in readers {
            var sender = try HPKE.Sender(recipientKey: reader, ciphersuite: suite, info: info)
            let sealed = try sender.seal(key.withUnsafeBytes { Data($0) })
            head += id(of: reader) + sender.encapsulatedKey + sealed
        }
        return try head + ChaChaPoly.seal(text, using: key, authenticating: head).combined
    }

    /// Decrypts with the reader's key.
    static func open(_ payload: Data, with key: Keyring.PrivateKey) throws(Failure) -> Data {
        let payload = Data(payload)
        guard payload.starts(with: magic), payload.count >= 6 else { throw .notAnEnvelope }
        let headBytes = 6 + (Int(payload[4]) << 8 | Int(payload[5])) * slotBytes
        guard payload.count >= headBytes else { throw .damaged }
        let mine = id(of: key.publicKey)
        let slots = stride(from: 6, to: headBytes, by: slotBytes).map { payload[$0..<$0 + slotBytes] }
        guard let slot = slots.first(where: { $0.prefix(8) == mine }) else { throw .forSomeoneElse }
        do {
            let contentKey = try unwrap(slot, with: key)
            let box = try ChaChaPoly.SealedBox(combined: payload[headBytes...])
            return try ChaChaPoly.open(box, using: contentKey, authenticating: payload[..<headBytes])
        } catch {
            throw .damaged
        }
    }

    private static func unwrap(_ slot: Data, with key: Keyring.PrivateKey) throws -> SymmetricKey {
        var recipient = try HPKE.Recipient(
            privateKey: key, ciphersuite: suite, info: info, encapsulatedKey: Data(slot.dropFirst(8).prefix(32)))
        return SymmetricKey(data: try recipient.open(Data(slot.suffix(48))))
    }

    private static func id(of key: Keyring.PublicKey) -> Data {
        Data(SHA256.hash(data: key.rawRepresentation).prefix(8))
    }
}
