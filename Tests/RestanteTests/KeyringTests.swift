import Crypto
import Foundation
import RestanteCore
import Testing

@testable import restante

@Suite final class KeyringTests {
    private let home = FileManager.default.temporaryDirectory.appending(path: "restante-\(UUID().uuidString)").path
    private var keyring: Keyring { Keyring(environment: ["RESTANTE_HOME": home]) }

    deinit { try? FileManager.default.removeItem(atPath: home) }

    private static let names = [
        "bob", "../../etc/passwd", "a/b", "Zoë 👩‍👧", "'; DROP TABLE", "-", String(repeating: "é", count: 64),
    ]

    @Test(arguments: names) func aPairIsMadeOnceAndKept(name: String) throws {
        let user = UserName(unchecked: name)
        let made = try keyring.makePair(of: user)
        #expect(try keyring.makePair(of: user).rawRepresentation == made.rawRepresentation)
        #expect(try keyring.publicKey(of: user)?.rawRepresentation == made.publicKey.rawRepresentation)
        #expect(try FileManager.default.contentsOfDirectory(atPath: keyring.directory).count == 2)
    }

    @Test func namesDoNotShareAFile() throws {
        for name in Self.names { _ = try keyring.makePair(of: UserName(unchecked: name)) }
        #expect(try FileManager.default.contentsOfDirectory(atPath: keyring.directory).count == 2 * Self.names.count)
    }

    @Test func privateKeysAreTheirOwnersOnly() throws {
        _ = try keyring.makePair(of: UserName(unchecked: "bob"))
        let attributes = try FileManager.default.attributesOfItem(atPath: keyring.directory + "/bob.private")
        #expect(attributes[.posixPermissions] as? Int == 0o600)
    }

    @Test func aDamagedKeyIsNamed() throws {
        _ = try keyring.makePair(of: UserName(unchecked: "bob"))
        try Data("nonsense".utf8).write(to: URL(filePath: keyring.directory + "/bob.private"))
        let failure = #expect(throws: CommandFailure.self) { try keyring.makePair(of: UserName(unchecked: "bob")) }
        #expect(failure?.status == ExitStatus.badData.rawValue)
        #expect(failure?.message.contains("bob.private") == true)
    }

    @Test func publicKeysTravelAsText() throws {
        let key = Keyring.PrivateKey().publicKey
        #expect(Keyring.publicKey(from: Keyring.text(key))?.rawRepresentation == key.rawRepresentation)
        #expect(Keyring.publicKey(from: "short") == nil)
    }
}
