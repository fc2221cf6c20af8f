import Crypto
import Foundation
import Testing

@testable import restante

@Suite struct EnvelopeTests {
    private let alice = Keyring.PrivateKey()
    private let bob = Keyring.PrivateKey()
    private let text = Data("See you at eight 👋".utf8)

    @Test func eachReaderOpensIt() throws {
        let sealed = try Envelope.seal(text, to: [alice.publicKey, bob.publicKey])
        #expect(try Envelope.open(sealed, with: alice) == text)
        #expect(try Envelope.open(sealed, with: bob) == text)
        #expect(sealed.range(of: text) == nil)
    }

    @Test func anEmptyTextIsAText() throws {
        #expect(try Envelope.open(Envelope.seal(Data(), to: [bob.publicKey]), with: bob) == Data())
    }

    @Test func nobodyElseOpensIt() throws {
        let sealed = try Envelope.seal(text, to: [bob.publicKey])
        #expect(throws: Envelope.Failure.forSomeoneElse) { try Envelope.open(sealed, with: alice) }
    }

    @Test func plainTextIsNoEnvelope() {
        for plain in ["", "RHE", "hello there"] {
            #expect(throws: Envelope.Failure.notAnEnvelope) { try Envelope.open(Data(plain.utf8), with: bob) }
        }
    }

    @Test func aChangeAnywhereIsNoticed() throws {
        let sealed = try Envelope.seal(text, to: [bob.publicKey])
        for index in sealed.indices {
            var changed = sealed
            changed[index] ^= 1
            #expect(throws: Envelope.Failure.self) { try Envelope.open(changed, with: bob) }
        }
        for length in sealed.indices {
            #expect(throws: Envelope.Failure.self) { try Envelope.open(sealed.prefix(length), with: bob) }
        }
    }
}
