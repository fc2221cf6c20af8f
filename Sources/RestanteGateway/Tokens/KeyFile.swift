import Crypto
import FoundationEssentials
import Glibc
import RestanteCore

/// The embedded default: a key of our own in a file beside the database, so that trying Restante needs nothing else.
///
/// The file is a JWK set with one `oct` key, readable by its owner only.
public enum KeyFile {
    /// Reads the key file, or makes it with a fresh random key if there is none.
    ///
    /// Of two processes that make it at once, one wins and both use its key.
    public static func openOrCreate(
        at path: String, algorithms: Set<KeySet.Algorithm> = Set(KeySet.Algorithm.allCases)
    ) async throws(GatewayError) -> KeySet {
        if access(path, F_OK) != 0 {
            guard SecretFile.create(at: path, content: Array(fresh().utf8)) else {
                throw GatewayError(
                    .badKeys, "cannot write the key file \(path) (errno \(errno)): may this user write there?")
            }
        }
        return try await open(at: path, algorithms: algorithms)
    }

    /// Reads the key file; an error if there is none, or if others than its owner may read it.
    public static func open(
        at path: String, algorithms: Set<KeySet.Algorithm> = Set(KeySet.Algorithm.allCases)
    ) async throws(GatewayError) -> KeySet {
        guard access(path, F_OK) == 0 else {
            throw GatewayError(.badKeys, "there is no key file \(path): `restante serve` makes it at its first start")
        }
        let file: SmallFile
        do {
            file = try SmallFile.read(path)
        } catch {
            throw GatewayError(.badKeys, "cannot read the key file \(path): \(error)")
        }
        guard file.mode & 0o077 == 0 else {
            throw GatewayError(
                .badKeys, "others may read the key file \(path): run `chmod 600` on it, or make a new one")
        }
        return try await KeySet(jwks: Data(file.bytes), name: path, algorithms: algorithms)
    }

    private static func fresh() -> String {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Base64URL.encode(Data($0)) }
        let kid = UInt64.random(in: .min ... .max)
        return #"{"keys": [{"kty": "oct", "alg": "HS256", "kid": "\#(String(kid, radix: 36))", "k": "\#(key)"}]}"#
            + "\n"
    }
}
