import NIOCore
import NIOEmbedded
import RestanteCore
import Testing

@testable import RestanteGateway

/// Who is let in, kept, and told: without sockets.
struct LobbyTests {
    private let loop = EmbeddedEventLoop()
    private let lobby: Lobby

    init() {
        lobby = Lobby(Pace(PaceLimits()), timers: LoopTimers(loop), timeout: .seconds(10)) { _ in }
    }

    /// Nothing is kept of those who have gone.
    @Test func forgetsWhoHasGone() throws {
        weak var gone: Visitor?
        do {
            let channel = EmbeddedChannel(loop: loop)
            guard case .welcome(let visitor) = lobby.enter(channel, from: nil) else { throw ChannelError.eof }
            gone = visitor
            _ = try channel.finish()
            // The timer has a reference to nothing but the outcome.
            loop.run()
        }
        #expect(gone == nil)
    }

    /// An answer over TLS costs a handshake: so many are told, the others are cut.
    @Test func tellsOnlySomeOverTLS() throws {
        var secured = 0
        var open: [EmbeddedChannel] = []
        for _ in 0..<200 {
            let channel = EmbeddedChannel(loop: loop)
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
            try lobby.refuse(channel, Refusal(.unavailable, "full")) { _ in secured += 1 }
            if channel.isActive { open.append(channel) }
        }
        // What is earned while the test runs comes on top.
        #expect((PaceLimits.refusedOverTLS.burst..<PaceLimits.refusedOverTLS.burst + 10).contains(secured))
        #expect(open.count == secured)
        for channel in open { _ = try channel.finish(acceptAlreadyClosed: true) }
    }
}
