import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// The life of a session from the claim to the first page, and what it makes of frames.
struct SessionStateMachineTests {
    @Test func claimThenWelcomeThenRead() {
        var driver = MachineDriver()
        #expect(driver.take(.claimed(MachineDriver.claimed)) == [.grantClaim])
        #expect(
            driver.take(.opened) == [
                .write(
                    .other(
                        .welcome(
                            session: "74", claimed: MachineDriver.claimed, limits: MachineDriver.limits,
                            expiresAt: 5_000_000))), .expire(at: 5_000_000), .read,
            ])
    }

    @Test func refusedClaimHoldsNothing() {
        var driver = MachineDriver()
        let refusal = Refusal(.tooManyDevices, "scripted")
        #expect(driver.take(.claimRefused(refusal)) == [.refuseClaim(refusal)])
        #expect(driver.take(.closed) == [])
    }

    /// The claim may still be granted after the socket has gone: the release behind it in the queue undoes it.
    @Test func socketGoneWhileClaiming() {
        var driver = MachineDriver()
        let actions = driver.take(.closed)
        #expect(actions.first == .release)
        #expect(actions.count == 2)
        #expect(driver.take(.claimed(MachineDriver.claimed)) == [])
    }

    @Test func socketGoneWhileUpgrading() {
        var driver = MachineDriver()
        #expect(driver.take([.claimed(MachineDriver.claimed), .closed]) == [.grantClaim, .release])
    }

    /// Nothing can be written before the upgrade is complete, so the end waits for it and comes instead of `welcome`.
    @Test(arguments: [
        (SessionEnd.displaced, "displaced", WireCloseCode.displaced), (.unlinked, "unlinked", .forbidden),
    ])
    func endedWhileUpgrading(end: SessionEnd, word: String, code: WireCloseCode) {
        var driver = MachineDriver()
        #expect(driver.take([.claimed(MachineDriver.claimed), .ended(end)]) == [.grantClaim])
        #expect(
            driver.take(.opened) == [
                .write(.other(.closing(reason: word, reconnectAfterMilliseconds: 0))), .close(code, reason: word),
                .release,
            ])
    }

    /// Events of the store or the socket that cannot concern a session before it is open.
    @Test(arguments: [
        SessionEvent.received(.ping), .page([.message(1)], more: false), .live(.test(), tag: 1),
        .shared(SharedMessage(.test()), tag: 1), .behind,
        .acknowledged(through: 1), .drained, .writable(false), .pingDue, .idle, .tokenExpired,
    ])
    func nothingHappensBeforeItIsOpen(event: SessionEvent) {
        var driver = MachineDriver()
        #expect(driver.take(event) == [])
        #expect(driver.take([.claimed(MachineDriver.claimed), event]) == [.grantClaim])
    }

    // MARK: - Frames

    @Test func sendsAndRequestsGoToTheStoreAndAnswersBack() {
        var driver = MachineDriver.live()
        let id = MessageID(at: 1000)
        let send = Submission(id: id, to: .user(UserName(unchecked: "bob")), content: .payload([1]))
        #expect(
            driver.take(.received(.send(send))) == [.enqueue(.send(send, from: .session(MachineDriver.session)))])
        #expect(driver.take(.sent(id, .relayed)) == [.write(.sent(id, .relayed))])
        #expect(
            driver.take(.received(.request(.listGroups, id: 9)))
                == [.enqueue(.request(.listGroups, id: 9, from: .session(MachineDriver.session)))])
        #expect(driver.take(.replied(.success(.done), id: 9)) == [.write(.other(.answered(.success(.done), id: 9)))])
    }

    @Test func whatCannotBeServedIsAnsweredAtOnce() {
        var driver = MachineDriver.live()
        let refusal = Refusal(.badName, "scripted")
        #expect(
            driver.take(.received(.rejectSend(messageID: [1], refusal)))
                == [.write(.other(.rejected(messageID: [1], refusal)))])
        #expect(
            driver.take(.received(.failRequest(id: 3, refusal))) == [
                .write(.other(.answered(.failure(refusal), id: 3)))
            ])
        #expect(driver.take(.received(.ping)) == [.write(.other(.pong()))])
    }

    @Test func acknowledgementIsConfirmedByTheStoreOnly() {
        var driver = MachineDriver.open()
        _ = driver.take(.page([.message(1)], more: false))
        #expect(driver.take(.received(.acknowledge(through: 1))) == [.acknowledge(1)])
        #expect(driver.take(.acknowledged(through: 1)) == [.write(.acked(through: 1))])
        #expect(driver.take(.drained) == [.write(.other(.drained()))])
    }

    @Test func liveAndRelayedMessagesAreWritten() {
        var driver = MachineDriver.live()
        #expect(driver.take(.live(.test(), tag: 1)) == [.write(.message(.test(), tag: 1))])
        let shared = SharedMessage(.test())
        #expect(driver.take(.shared(shared, tag: 2)) == [.write(.shared(shared, tag: 2))])
        #expect(driver.take(.relayed(.test())) == [.write(.message(.test(), tag: 0))])
        #expect(driver.take(.pingDue) == [.ping])
    }
}
