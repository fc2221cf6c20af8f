import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// A server that a client has named may be anybody's: whatever it does, requests and the sender end in time.
    @Suite(.timeLimit(.minutes(5)))
    struct WebPushSilenceTests {
        private func check(_ setting: WebPushSenderTests.Setting) async {
            for _ in 0..<3 {
                let answer = await ProviderTests.within(.seconds(10)) { await setting.sender.send(setting.wake()) }
                guard case .retry = answer else {
                    Issue.record("\(String(describing: answer))")
                    return
                }
            }
            #expect(await ProviderTests.within(.seconds(10)) { await setting.sender.shutdown() } != nil)
        }

        @Test(arguments: [ServerOpening.noHandshake, .noSettings, .goAway]) func connectionsThatNeverBegin(
            opening: ServerOpening
        ) async throws {
            try await WebPushSenderTests.run(timeLimit: .milliseconds(300), opening: opening) { await check($0) }
        }

        @Test func connectionsThatNeverEnd() async throws {
            try await WebPushSenderTests.run(
                timeLimit: .milliseconds(300), { _, _ in .deafness }, body: { await check($0) })
        }

        /// A stranger who breaks many connections gets no more of them than can be closed.
        @Test func clientsDoNotPileUp() async throws {
            try await WebPushSenderTests.run(
                timeLimit: .milliseconds(50), opening: .noHandshake,
                body: { setting in
                    var reasons: Set<String> = []
                    for _ in 0..<(CheckedHosts.maximumEnding.origin + 2) {
                        if case .retry(_, let reason, _) = await setting.sender.send(setting.wake()) {
                            reasons.insert(reason)
                        }
                    }
                    #expect(reasons == ["no answer in time", "too many connections are still being closed"])
                    #expect(setting.server.connections <= CheckedHosts.maximumEnding.origin)
                })
        }
    }
}
