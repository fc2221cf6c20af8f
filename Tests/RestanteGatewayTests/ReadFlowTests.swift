import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// When a session reads on. The window of these tests holds 4 messages and 100 bytes.
struct ReadFlowTests {
    @Test func readsOnWhileTheWindowHasRoom() {
        var driver = MachineDriver.open()
        #expect(driver.take(.page([.message(1), .message(2)], more: true)).first == .read)
        #expect(driver.take(.page([.message(3)], more: true)).contains(.read) == false)
    }

    @Test func fullWindowWaitsForHalfOfItToBeAcknowledged() {
        var driver = MachineDriver.open()
        let page = (1...4).map { Delivery.message($0) }
        #expect(!driver.take(.page(page, more: true)).contains(.read))
        #expect(driver.take(.received(.acknowledge(through: 1))) == [.acknowledge(1)])
        #expect(driver.take(.received(.acknowledge(through: 2))) == [.acknowledge(2), .read])
        // The page is asked for: more room does not ask for another.
        #expect(driver.take(.received(.acknowledge(through: 4))) == [.acknowledge(4)])
    }

    @Test func bytesFillTheWindowToo() {
        var driver = MachineDriver.open()
        #expect(!driver.take(.page([.message(1, bytes: 60), .message(2, bytes: 40)], more: true)).contains(.read))
        #expect(driver.take(.received(.acknowledge(through: 1))) == [.acknowledge(1), .read])
    }

    @Test func oneMessageLargerThanTheWindowIsRoomOnceItIsAcknowledged() {
        var driver = MachineDriver.open()
        #expect(!driver.take(.page([.message(1, bytes: 101)], more: true)).contains(.read))
        #expect(driver.take(.received(.acknowledge(through: 1))).last == .read)
    }

    @Test func gapsAndReceiptsTakeATagAndNoBytes() {
        var driver = MachineDriver.open()
        let conversation = Conversation.user(UserName(unchecked: "bob"))
        let gap = Delivery(tag: 1, owed: .gap(conversation, count: 5, reason: .expired))
        let undelivered = Delivery(tag: 2, owed: .undelivered([MessageID(at: 1)], reason: .quota))
        #expect(
            driver.take(.page([gap, undelivered], more: true)) == [.read, .writePage([gap, undelivered])])
    }

    /// The page had nothing and there is more only because of the pause: the client need not acknowledge first.
    @Test func anEmptyPageAfterAPauseIsAskedForAgainWhenTheSocketTakesMore() {
        var driver = MachineDriver.open()
        #expect(driver.take(.page([.message(1)], more: true)).first == .read)
        #expect(driver.take(.writable(false)) == [.pause])
        #expect(driver.take(.page([], more: true)) == [])
        #expect(driver.take(.writable(true)) == [.read])
    }

    /// Asking again before an acknowledgement would bring the same nothing, over and over.
    @Test func anEmptyPageWithMoreBehindItWaitsForAnAcknowledgement() {
        var driver = MachineDriver.open()
        #expect(driver.take(.page([.message(1)], more: true)).first == .read)
        #expect(driver.take(.page([], more: true)) == [])
        #expect(driver.take([.writable(false), .writable(true)]) == [])
        #expect(driver.take(.received(.acknowledge(through: 1))) == [.acknowledge(1), .read])
    }

    @Test func anEmptyPageIntoAnEmptyWindowIsAskedOn() {
        var driver = MachineDriver.open()
        #expect(driver.take(.page([], more: true)) == [.read])
    }

    // MARK: - Live and behind

    @Test func liveSessionDoesNotRead() {
        var driver = MachineDriver.live()
        #expect(driver.take([.live(.test(), tag: 1), .live(.test(), tag: 2)]).count == 2)
        #expect(driver.take(.received(.acknowledge(through: 2))) == [.acknowledge(2)])
    }

    @Test func behindReadsWhenThereIsRoom() {
        var driver = MachineDriver.live()
        for tag in 1...4 { _ = driver.take(.live(.test(), tag: UInt64(tag))) }
        #expect(driver.take(.behind) == [])
        #expect(driver.take(.received(.acknowledge(through: 3))) == [.acknowledge(3), .read])
    }

    /// The acknowledgement overtook the news: there is room already.
    @Test func behindWithRoomReadsAtOnce() {
        var driver = MachineDriver.live()
        #expect(driver.take(.behind) == [.read])
        #expect(driver.take(.behind) == [])
    }

    // MARK: - The socket takes no more

    @Test func pausesWhenNotWritableAndReadsOnAfter() {
        var driver = MachineDriver.live()
        #expect(driver.take(.writable(false)) == [.pause])
        #expect(driver.take(.writable(false)) == [])
        #expect(driver.take(.received(.acknowledge(through: 0))) == [.acknowledge(0)])
        #expect(driver.take(.writable(true)) == [.read])
        #expect(driver.take(.writable(true)) == [])
    }

    /// Whatever the page on its way says, the store stopped live delivery at the pause that was behind it in the queue.
    @Test func pausedWhileAPageIsOnItsWay() {
        var driver = MachineDriver.open()
        #expect(driver.take(.writable(false)) == [.pause])
        #expect(driver.take(.page([], more: false)) == [])
        #expect(driver.take(.writable(true)) == [.read])
    }

    @Test func writableAgainBeforeThePageCame() {
        var driver = MachineDriver.open()
        #expect(driver.take([.writable(false), .writable(true)]) == [.pause])
        #expect(driver.take(.page([], more: false)) == [.read])
    }

    @Test func writableWithAFullWindowStillWaits() {
        var driver = MachineDriver.open()
        _ = driver.take(.page((1...4).map { Delivery.message($0) }, more: true))
        #expect(driver.take([.writable(false), .writable(true)]) == [])
        #expect(driver.take(.received(.acknowledge(through: 4))).last == .read)
    }
}

/// A session's turn to read may come later than it asked.
struct ReadTurnTests {
    private static func waiting() -> MachineDriver {
        var driver = MachineDriver()
        driver.givesTurns = false
        _ = driver.take([.claimed(MachineDriver.claimed), .opened])
        return driver
    }

    @Test func readsWhenItsTurnComes() {
        var driver = Self.waiting()
        #expect(driver.take([.received(.acknowledge(through: 1)), .writable(true)]) == [.acknowledge(1)])
        #expect(driver.take(.turnCame) == [.read])
        #expect(driver.take(.turnCame) == [.passTurn])
        #expect(driver.take(.page([.message(1)], more: true)).first == .askTurn)
    }

    /// A page that cannot be written is not read: the turn is another's.
    @Test func aTurnThatComesWhileTheSocketIsFullIsPassedOn() {
        var driver = Self.waiting()
        #expect(driver.take(.writable(false)) == [])
        #expect(driver.take(.turnCame) == [.passTurn])
        #expect(driver.take(.writable(true)) == [.askTurn])
        #expect(driver.take(.turnCame) == [.read])
    }
}
