import NIOCore
import NIOEmbedded
import Testing

@testable import RestanteClient

/// A token is refreshed before it expires.
@Suite(.timeLimit(.minutes(5))) struct TokenExpiryTests {
    @Test(arguments: [(Int64(3_600_000), Int64(3_540_000)), (100_000, 75_000), (8000, 6000), (100, 1000), (-5, 1000)])
    func theWaitLeavesTimeToRefresh(left: Int64, wait: Int64) {
        #expect(TokenExpiry.wait(left: left) == wait)
    }

    @Test func itIsDueOnceAndLaterAgainWhenRefreshed() async {
        let loop = EmbeddedEventLoop()
        let expiry = TokenExpiry(loop: loop)
        expiry.welcomed(serverTime: 1_000_000, expiresAt: 1_008_000)
        loop.advanceTime(by: .milliseconds(6000))
        #expect(await withCheckedContinuation { expiry.next($0) })
        expiry.expires(at: 1_020_000)
        loop.advanceTime(by: .milliseconds(20_000))
        #expect(await withCheckedContinuation { expiry.next($0) })
        expiry.end()
        #expect(await withCheckedContinuation { expiry.next($0) } == false)
    }
}
