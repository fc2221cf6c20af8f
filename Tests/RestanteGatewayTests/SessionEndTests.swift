import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// How a session ends: what the client is told, with which code, and that its device is freed exactly once.
struct SessionEndTests {
    struct Row: CustomTestStringConvertible {
        var event: SessionEvent
        var code: WireCloseCode
        /// The word of `closing`; nil: the close frame says it all.
        var word: String?
        var reconnectAfter: UInt32 = 0
        var testDescription: String { "\(code)" }
    }

    static let rows = [
        Row(event: .ended(.displaced), code: .displaced, word: "displaced"),
        Row(event: .ended(.unlinked), code: .forbidden, word: "unlinked"),
        Row(event: .ended(.revoked), code: .unauthenticated, word: "token_revoked"),
        Row(event: .idle, code: .idle, word: "idle"),
        Row(event: .tokenExpired, code: .unauthenticated, word: "token_expired"),
        Row(event: .shutdown(reconnectAfter: 700), code: .goingAway, word: "shutting_down", reconnectAfter: 700),
        Row(event: .acknowledgedUnknown, code: .badFrame),
        Row(event: .malformed(WireError(.invalidData, "scripted")), code: .invalidData),
    ]

    @Test(arguments: rows) func ends(_ row: Row) {
        var driver = MachineDriver.live()
        var actions = driver.take(row.event)
        if let word = row.word {
            #expect(
                actions.first == .write(.other(.closing(reason: word, reconnectAfterMilliseconds: row.reconnectAfter))))
            actions.removeFirst()
        }
        guard actions.count == 2, case .close(row.code, let reason) = actions[0] else {
            Issue.record("closed with \(actions)")
            return
        }
        #expect(!reason.isEmpty)
        #expect(actions[1] == .release)
    }

    @Test func nothingIsDoneAfterTheCloseFrame() {
        var driver = MachineDriver.live()
        _ = driver.take(.ended(.displaced))
        #expect(
            driver.take([
                .received(.ping), .received(.acknowledge(through: 1)), .live(.test(), tag: 1), .idle,
                .shutdown(reconnectAfter: 1), .ended(.unlinked), .writable(false), .closed, .closed,
            ]) == [])
    }

    @Test func socketGoneReleasesTheDevice() {
        var driver = MachineDriver.live()
        #expect(driver.take(.closed) == [.release])
        #expect(driver.take([.closed, .live(.test(), tag: 1), .pingDue]) == [])
    }

    @Test func shutdownWhileClaimingRefusesTheClaim() {
        var driver = MachineDriver()
        let actions = driver.take(.shutdown(reconnectAfter: 1))
        guard actions.count == 2, case .refuseClaim(let refusal) = actions[1] else {
            Issue.record("\(actions)")
            return
        }
        #expect(actions[0] == .release)
        #expect(refusal.code == .shuttingDown)
    }
}
