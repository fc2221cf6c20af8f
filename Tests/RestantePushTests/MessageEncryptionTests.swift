import Crypto
import Foundation
import PushServers
import RestanteCore
import Testing

@testable import RestantePush

struct MessageEncryptionTests {
    /// The values of RFC 8291 §5 and its appendix A.
    private static let message = "When I grow up, I want to be a watermelon"
    private static let receiverKey =
        "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
    private static let secret = "BTBZMqHH6r4Tts7J_aSIgg"
    private static let senderPrivate = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
    private static let salt = "DGv6ra1nlYgDCS1FRnbzlw"
    private static let body =
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBr"
        + "u3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"

    private static func bytes(_ text: String) throws -> [UInt8] { Array(try #require(Base64URL.decode(text.utf8))) }

    @Test func theExampleOfTheRFC() throws {
        let sender = try P256.KeyAgreement.PrivateKey(rawRepresentation: Self.bytes(Self.senderPrivate))
        let body = try MessageEncryption.encrypt(
            Array(Self.message.utf8), key: Self.bytes(Self.receiverKey), secret: Self.bytes(Self.secret),
            sender: sender,
            salt: Self.bytes(Self.salt))
        #expect(Base64URL.encode(Data(body)) == Self.body)
    }

    @Test(arguments: [0, 1, MessageEncryption.maximumMessage]) func readsBack(bytes: Int) throws {
        let subscription = Subscription()
        let message = (0..<bytes).map { UInt8(truncatingIfNeeded: $0) }
        let body = try MessageEncryption.encrypt(message, key: subscription.key, secret: subscription.secret)
        #expect(body.count <= 4096)
        #expect(try subscription.decrypt(body) == message)
    }

    @Test func neverTheSameTwice() throws {
        let subscription = Subscription()
        let bodies = try (0..<2).map { _ in
            try MessageEncryption.encrypt([1], key: subscription.key, secret: subscription.secret)
        }
        #expect(bodies[0].prefix(16) != bodies[1].prefix(16))
        #expect(bodies[0][21..<86] != bodies[1][21..<86])
    }

    @Test func refusesKeysThatAreNone() throws {
        let good = Subscription()
        var offCurve = good.key
        offCurve[64] ^= 1
        let bad: [(key: [UInt8], secret: [UInt8])] = [
            ([], good.secret), (offCurve, good.secret), (Array(good.key.dropLast()), good.secret),
            (good.key, Array(good.secret.dropLast())), (good.key, good.secret + [0]),
        ]
        for (key, secret) in bad {
            #expect(throws: MessageEncryption.BadKeys.self) {
                try MessageEncryption.encrypt([1], key: key, secret: secret)
            }
        }
    }
}
