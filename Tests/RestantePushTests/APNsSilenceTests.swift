import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// Providers whose servers hang, or say no more than that they are there.
    @Suite(.timeLimit(.minutes(5)))
    struct APNsSilenceTests {
        @Test(arguments: [ServerOpening.noHandshake, .noSettings, .goAway]) func connectionsThatNeverBegin(
            opening: ServerOpening
        ) async throws {
            try await APNsSenderTests.run(timeLimit: .milliseconds(300), opening: opening) { setting in
                for _ in 0..<(SteadyClient.patience + 2) {
                    let answer = await ProviderTests.within(.seconds(10)) {
                        await setting.sender.send(Samples.wake("a"))
                    }
                    guard case .retry = answer else {
                        Issue.record("\(String(describing: answer))")
                        return
                    }
                }
                #expect(await ProviderTests.within(.seconds(10)) { await setting.sender.shutdown() } != nil)
            }
        }

        @Test(arguments: [ServerOpening.noHandshake, .noSettings, .goAway]) func norThoseToFCM(opening: ServerOpening)
            async throws
        {
            try await FCMSenderTests.run(timeLimit: .milliseconds(300), opening: opening) { setting in
                let answer = await ProviderTests.within(.seconds(10)) {
                    await setting.sender.send(Samples.wake("a", Samples.fcm()))
                }
                guard case .retry = answer else {
                    Issue.record("\(String(describing: answer))")
                    return
                }
                #expect(await ProviderTests.within(.seconds(10)) { await setting.sender.shutdown() } != nil)
            }
        }

        /// One that confirms our bytes and answers nothing looks as good as any.
        @Test func aSilentConnectionIsReplaced() async throws {
            try await APNsSenderTests.run(
                timeLimit: .milliseconds(300),
                { rules, request, number in number < SteadyClient.patience ? .silence : try rules.reply(request) },
                body: { setting in
                    for _ in 0..<SteadyClient.patience {
                        #expect(await setting.sender.send(Samples.wake("a")) != .taken)
                    }
                    #expect(setting.server.connections == 1)
                    #expect(await setting.sender.send(Samples.wake("a")) == .taken)
                    #expect(setting.server.connections == 2)
                })
        }

        /// A provider in trouble is not asked on ever more of them.
        @Test func onceAMinute() async throws {
            try await APNsSenderTests.run(
                timeLimit: .milliseconds(100), { _, _, _ in .silence },
                body: { setting in
                    for _ in 0..<(3 * SteadyClient.patience) { _ = await setting.sender.send(Samples.wake("a")) }
                    #expect(setting.server.connections == 2)
                    setting.clock.advance(by: SteadyClient.minimumAge)
                    for _ in 0..<2 { _ = await setting.sender.send(Samples.wake("a")) }
                    #expect(setting.server.connections == 3)
                })
        }

        /// APNs takes the tokens of one team on a connection.
        @Test func eachTeamHasAConnection() async throws {
            try await APNsSenderTests.run(
                configure: { configuration in
                    let team = configuration.teams[0]
                    configuration.teams.append(
                        .init(id: "OTHER12345", keyID: team.keyID, key: team.key, topics: ["org.example.other"]))
                },
                body: { setting in
                    for _ in 0..<2 {
                        #expect(await setting.sender.send(Samples.wake("a")) == .taken)
                        _ = await setting.sender.send(Samples.wake("b", Samples.apns(topic: "org.example.other")))
                    }
                    #expect(setting.server.connections == 2)
                })
        }
    }
}
