import Crypto
import Foundation
import Testing

@testable import RestantePush

@Suite struct CredentialFileTests {
    static let parameters = "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n"
    /// As `openssl ecparam -name prime256v1 -genkey` writes it (RFC 5915).
    static func written(_ key: P256.Signing.PrivateKey) -> String {
        let curve: [UInt8] = [0xA0, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]
        let bytes =
            [0x30, 0x77, 0x02, 0x01, 0x01, 0x04, 0x20] + key.rawRepresentation + curve
            + [0xA1, 0x44, 0x03, 0x42, 0x00] + key.publicKey.x963Representation
        let text = Data(bytes).base64EncodedString(options: .lineLength64Characters)
        return parameters + "-----BEGIN EC PRIVATE KEY-----\n\(text)\n-----END EC PRIVATE KEY-----\n"
    }

    @Test func parametersBeforeAKeyAreLeftOut() throws {
        let key = P256.Signing.PrivateKey()
        for pem in ["A key.\r\n" + Self.parameters + key.pemRepresentation + "\n", Self.written(key)] {
            #expect(try PushKey(pem: pem, name: "key").key.rawRepresentation == key.rawRepresentation)
        }
    }

    @Test(arguments: ["", "-----BEGIN PRIVATE KEY-----", parameters]) func noKeyIsSaid(pem: String) {
        let error = #expect(throws: PushError.self) { try PushKey(pem: pem, name: "vapid.pem") }
        #expect(error?.message.contains("vapid.pem holds no private key on P-256") == true)
    }

    @Test(arguments: [
        "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
        "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END EC PRIVATE KEY-----",
    ]) func anEncryptedKeyIsSaidToBeOne(pem: String) {
        let error = #expect(throws: PushError.self) { try PushKey(pem: pem, name: "vapid.pem") }
        #expect(error?.message.contains("vapid.pem is encrypted with a passphrase") == true)
    }

    @Test(arguments: [(0o600, false), (0o640, false), (0o644, true)]) func whoMayReadIt(mode: Int, isTold: Bool) throws
    {
        let file = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try Data("key".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: file.path())
        let warning = CredentialFile.warning(file.path())
        #expect((warning?.contains("chmod 600") ?? false) == isTold)
        #expect(CredentialFile.warning(file.path() + "-none") == nil)
    }
}
