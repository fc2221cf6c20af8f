import NIOCore
import NIOWebSocket
import Testing

@testable import RestanteGateway

/// The closing handshake when the server begins it.
struct ClosingTests {
    static let close = CloseWebSocket(code: 4409, reason: "displaced")

    @Test func waitsForThePeerAndEnds() throws {
        let channel = try GuardedChannel()
        channel.close(Self.close)
        #expect(try channel.frames() == [.close(4409, "displaced")])
        channel.advance(by: GuardedChannel.closeTimeout - .nanoseconds(1))
        #expect(channel.isOpen)
        try channel.receive(FrameGuardTests.close(4409))
        #expect(!channel.isOpen)
        #expect(try channel.frames().isEmpty)
    }

    @Test func cutsAPeerThatDoesNotAnswer() throws {
        let channel = try GuardedChannel()
        channel.close(Self.close)
        try channel.receive(ClientFrame.bytes(0x81, [0x61]) + ClientFrame.bytes(0x89, []))
        #expect(try channel.messages().isEmpty)
        channel.advance(by: GuardedChannel.closeTimeout)
        #expect(!channel.isOpen)
        #expect(try channel.frames() == [.close(4409, "displaced")])
    }

    @Test func writesNothingAfterTheCloseFrame() throws {
        let channel = try GuardedChannel()
        channel.close(Self.close)
        channel.close(CloseWebSocket(code: 1001, reason: "too late"))
        #expect(throws: ChannelError.ioOnClosedChannel) { try channel.write("more").wait() }
        #expect(try channel.frames() == [.close(4409, "displaced")])
    }

    @Test func cutsLongReasonsBetweenCharacters() throws {
        let channel = try GuardedChannel()
        channel.close(CloseWebSocket(code: 1011, reason: String(repeating: "é", count: 70)))
        #expect(try channel.frames() == [.close(1011, String(repeating: "é", count: 61))])
    }
}
