import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// How access tokens are bought, kept and replaced.
    @Suite(.timeLimit(.minutes(5)))
    struct FCMTokenTests {
        @Test func oneFetchForMany() async throws {
            try await FCMSenderTests.run { setting in
                await withDiscardingTaskGroup { group in
                    for number in 0..<20 {
                        group.addTask {
                            #expect(await setting.sender.send(Samples.wake("w\(number)", Samples.fcm())) == .taken)
                        }
                    }
                }
                #expect(setting.rules.count == 1)
                #expect(setting.messages.count == 20)
            }
        }

        @Test func aTokenIsRefreshedBeforeItEnds() async throws {
            try await FCMSenderTests.run { setting in
                for seconds in [0, 3299, 3301, 6000] as [Int64] {
                    setting.clock.advance(by: .milliseconds(Samples.now + seconds * 1000 - setting.clock.wall))
                    #expect(await setting.sender.send(Samples.wake("a", Samples.fcm())) == .taken)
                }
                #expect(setting.rules.count == 2)
                #expect(setting.messages.count == 4)
            }
        }

        /// Also one that says that it lives for longer than there are seconds.
        @Test func aTokenIsKeptForADayAtMost() async throws {
            let token = #"{"access_token":"x","expires_in":9223372036854775807}"#
            try await FCMSenderTests.run(
                { _, request in request.path == "/token" ? .answer(200, [], token) : .answer(200) },
                body: { setting in
                    for expected in [1, 1, 2] {
                        #expect(await setting.sender.send(Samples.wake("a", Samples.fcm())) == .taken)
                        #expect(setting.server.requests.count { $0.path == "/token" } == expected)
                        setting.clock.advance(by: .seconds(expected == 1 ? 43_100 : 0))
                    }
                })
        }

        /// Whoever is cancelled does not wait for the token, and a server that ends does not wait for its request.
        @Test func aTokenServerThatHangsHoldsNobodyUp() async throws {
            try await FCMSenderTests.run(
                { _, _ in .silence },
                body: { setting in
                    let task = Task { await setting.sender.send(Samples.wake("a", Samples.fcm())) }
                    await setting.server.received(1)
                    task.cancel()
                    #expect(await ProviderTests.within(.seconds(10)) { await task.value } != nil)
                    #expect(await ProviderTests.within(.seconds(10)) { await setting.sender.shutdown() } != nil)
                })
        }

        @Test func aRevokedTokenIsReplaced() async throws {
            try await FCMSenderTests.run { setting in
                #expect(await setting.sender.send(Samples.wake("a", Samples.fcm())) == .taken)
                setting.rules.revokeAll()
                #expect(await setting.sender.send(Samples.wake("a", Samples.fcm())) == .taken)
                #expect(setting.rules.count == 2)
            }
        }

        @Test func credentialsThatAreRefusedAreAnAlarm() async throws {
            try await FCMSenderTests.run(
                { _, _ in .answer(401, [], #"{"error":"invalid_client"}"#) },
                body: { setting in
                    let answer = await setting.sender.send(Samples.wake("a", Samples.fcm()))
                    #expect(
                        answer == .refused(reason: "no access token for the service account: 401", alarm: .credentials))
                    #expect(setting.messages.isEmpty)
                })
        }

        @Test func aTokenServerInTroubleIsTriedAgain() async throws {
            try await FCMSenderTests.run(
                { _, _ in .answer(503, [("retry-after", "9")]) },
                body: { setting in
                    for _ in 0..<20 {
                        let answer = await setting.sender.send(Samples.wake("a", Samples.fcm()))
                        #expect(answer == .retry(after: .seconds(9), reason: "no access token: 503"))
                    }
                    #expect(setting.server.requests.count == 1)
                })
        }
    }
}
