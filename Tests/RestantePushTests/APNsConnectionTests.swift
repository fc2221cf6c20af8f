import Crypto
import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// What comes of requests to APNs when connections fail, hang or end.
    @Suite(.timeLimit(.minutes(5)))
    struct APNsConnectionTests {
        @Test func silenceEndsInTime() async throws {
            try await APNsSenderTests.run(
                timeLimit: .milliseconds(300), { _, _, _ in .silence },
                body: { setting in
                    #expect(
                        await setting.sender.send(Samples.wake("a")) == .retry(after: nil, reason: "no answer in time"))
                })
        }

        @Test func aTaskThatIsCancelledEndsItsRequest() async throws {
            try await APNsSenderTests.run(
                { _, _, _ in .silence },
                body: { setting in
                    let task = Task { await setting.sender.send(Samples.wake("a")) }
                    await setting.server.received(1)
                    task.cancel()
                    #expect(await task.value == .retry(after: nil, reason: "cancelled"))
                })
        }

        /// All are taken in the end, whatever happens to the connections in the middle.
        @Test(arguments: ["go away", "drop", "last answer"]) func nothingIsLostWithAConnection(trouble: String)
            async throws
        {
            let script: APNsSenderTests.Script = { rules, request, number in
                guard number % 10 == 5 else { return try rules.reply(request) }
                return trouble == "drop" ? .drop : trouble == "go away" ? .goAway : .lastAnswer(200)
            }
            try await APNsSenderTests.run(streams: 4, script) { setting in
                let sink = RecordingSink()
                let backoff = PushBackoff(base: .milliseconds(1), ceiling: .milliseconds(20))
                let dispatcher = PushDispatcher(
                    senders: [setting.sender], limits: PushLimits(concurrency: 16, backoff: backoff), sink: sink)
                let deadline = SystemPushClock().wall + 3_600_000
                dispatcher.dispatch((0..<60).map { Samples.wake("w\($0)", deadline: deadline) })
                await sink.ended(60)
                #expect(Set(sink.ended.map(\.name)).count == 60)
                #expect(sink.ended.allSatisfy { $0.outcome == .sent })
                #expect(setting.server.connections > 1)
                await dispatcher.shutdown()
            }
        }

        @Test func fewStreamsAreShared() async throws {
            try await APNsSenderTests.run(streams: 1) { setting in
                await withDiscardingTaskGroup { group in
                    for number in 0..<20 {
                        group.addTask { #expect(await setting.sender.send(Samples.wake("w\(number)")) == .taken) }
                    }
                }
                #expect(setting.server.connections == 1)
            }
        }

        /// A group's wakes and one that is somebody's alone, over the one connection: it does not wait for their end.
        @Test func oneWakeAmongThoseOfAGroup() async throws {
            try await APNsSenderTests.run { setting in
                let sink = RecordingSink()
                let dispatcher = PushDispatcher(senders: [setting.sender], sink: sink)
                let deadline = SystemPushClock().wall + 3_600_000
                dispatcher.dispatch((0..<1000).map { Samples.wake("w\($0)", deadline: deadline) })
                dispatcher.dispatch([Samples.wake("single", deadline: deadline, job: 2)])
                await sink.ended(1001)
                let place = sink.ended.firstIndex { $0.name == "single" }
                // 64 are under way at once; a machine with much to do may answer some before it hears of this one.
                #expect((place ?? .max) < 300)
                #expect(sink.ended.allSatisfy { $0.outcome == .sent })
                #expect(setting.server.connections == 1)
                await dispatcher.shutdown()
            }
        }

        @Test func anUnknownAuthorityIsNotTrusted() async throws {
            try await APNsSenderTests.run { setting in
                let key = try PushKey(pem: setting.rules.key.pemRepresentation, name: "key")
                let sender = try APNsSender(
                    APNsConfiguration(teams: [.init(id: "T", keyID: "K", key: key)], production: setting.server.base))
                #expect(
                    await sender.send(Samples.wake("a"))
                        == .retry(after: nil, reason: "TLS failed: is the certificate good?"))
                await sender.shutdown()
                #expect(setting.server.requests.isEmpty)
            }
        }
    }
}
