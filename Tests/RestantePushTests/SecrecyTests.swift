import Crypto
import RestanteCore
import Testing

@testable import RestantePush

/// What may be logged says nothing of tokens, endpoints and keys (P6).
struct SecrecyTests {
    @Test func descriptionsSayNothing() throws {
        let key = P256.Signing.PrivateKey()
        let pushKey = try PushKey(pem: key.pemRepresentation, name: "key")
        let wake = Samples.wake("a", Samples.apns(token: "c0ffee"), text: "a label")
        let team = APNsConfiguration(teams: [.init(id: "T", keyID: "K", key: pushKey)])
        let web = WebPushConfiguration(key: pushKey, contact: "mailto:x@example.org")
        for value in [pushKey, wake, team, web] as [Any] {
            var text = "\(value) \(String(reflecting: value))"
            dump(value, to: &text)
            #expect(!text.contains("c0ffee"))
            #expect(!text.contains("a label"))
            #expect(!text.contains("BEGIN"))
            #expect(!text.contains("P256"))
        }
    }

    @Test func aKeyThatIsNoneIsNotRepeated() {
        let error = #expect(throws: PushError.self) { try PushKey(pem: "my secret", name: "apns.p8") }
        #expect(error?.message == "apns.p8 holds no private key on P-256 in PEM (-----BEGIN PRIVATE KEY-----)")
    }
}
