import Crypto
import Foundation
import RestanteCore
import RestanteGateway

/// The keys of the command line: a pair for each user that is here, a public key for each user that it writes to.
///
/// One small file a key in `RESTANTE_HOME/keys` (`~/.restante` unless set), private ones readable by their owner only.
struct Keyring {
    typealias PrivateKey = Curve25519.KeyAgreement.PrivateKey
    typealias PublicKey = Curve25519.KeyAgreement.PublicKey

    let directory: String

    init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = environment["RESTANTE_HOME"] ?? (environment["HOME"] ?? ".") + "/.restante"
        directory = home + "/keys"
    }

    /// The pair of a user, made if there is none; its public key is beside it for others to use.
    func makePair(of user: UserName) throws(CommandFailure) -> PrivateKey {
        if let key = try privateKey(of: user) { return key }
        try makeDirectory()
        let path = file(user, "private")
        guard SecretFile.create(at: path, content: encode(PrivateKey().rawRepresentation)) else {
            throw CommandFailure(.inputOutput, "cannot write \(path) (errno \(errno)): may this user write there?")
        }
        guard let key = try privateKey(of: user) else { throw damaged(path) }
        try add(key.publicKey, of: user)
        return key
    }

    func privateKey(of user: UserName) throws(CommandFailure) -> PrivateKey? {
        let path = file(user, "private")
        guard let bytes = try read(path) else { return nil }
        guard let key = try? PrivateKey(rawRepresentation: bytes) else { throw damaged(path) }
        return key
    }

    func publicKey(of user: UserName) throws(CommandFailure) -> PublicKey? {
        let path = file(user, "public")
        guard let bytes = try read(path) else { return nil }
        guard let key = try? PublicKey(rawRepresentation: bytes) else { throw damaged(path) }
        return key
    }

    /// Keeps a user's public key, in place of an older one.
    func add(_ key: PublicKey, of user: UserName) throws(CommandFailure) {
        try makeDirectory()
        let path = file(user, "public")
        do {
            try Data(encode(key.rawRepresentation)).write(to: URL(filePath: path), options: .atomic)
        } catch {
            throw CommandFailure(.inputOutput, "cannot write \(path): \(error.localizedDescription)")
        }
    }

    /// A public key as people hand it to each other: base64 of its 32 bytes.
    static func text(_ key: PublicKey) -> String { key.rawRepresentation.base64EncodedString() }

    static func publicKey(from text: String) -> PublicKey? {
        Data(base64Encoded: text).flatMap { try? PublicKey(rawRepresentation: $0) }
    }

    // MARK: Files

    private func file(_ user: UserName, _ kind: String) -> String {
        // A name has up to 128 bytes of anything; a file's name has no slash and 255 bytes.
        let readable = user.rawValue.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
        let digest = SHA256.hash(data: Data(user.rawValue.utf8)).map { String(format: "%02x", $0) }.joined()
        return "\(directory)/\((1...200).contains(readable.utf8.count) ? readable : "-" + digest).\(kind)"
    }

    private func makeDirectory() throws(CommandFailure) {
        do {
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        } catch {
            throw CommandFailure(.inputOutput, "cannot make \(directory): set RESTANTE_HOME to where keys may be kept")
        }
    }

    /// The bytes of a key, or nil if there is no such file.
    private func read(_ path: String) throws(CommandFailure) -> Data? {
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        guard let text = FileManager.default.contents(atPath: path),
            let bytes = Data(base64Encoded: String(decoding: text, as: UTF8.self).trimmingCharacters(in: .newlines))
        else { throw damaged(path) }
        return bytes
    }

    private func encode(_ key: Data) -> [UInt8] { Array((key.base64EncodedString() + "\n").utf8) }

    private func damaged(_ path: String) -> CommandFailure {
        CommandFailure(.badData, "\(path) is no key that can be read: move it away, and make or add the key again")
    }
}
