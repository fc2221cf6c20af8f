import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// What each of Apple's answers comes to.
    @Suite(.timeLimit(.minutes(5)))
    struct APNsAnswerTests {
        @Test func goneIsGoneOnlyIfItWasAfterTheRegistration() async throws {
            let at = Samples.now - 1000
            for (reason, registeredAt, isGone) in [
                ("Unregistered", at - 1, true), ("ExpiredToken", at - 1, true), ("Unregistered", at, false),
                ("Unregistered", at + 1, false),
            ] {
                try await APNsSenderTests.run(
                    { _, _, _ in APNsRules.refusal(410, reason, timestamp: at) },
                    body: { setting in
                        let answer = await setting.sender.send(Samples.wake("a", registeredAt: registeredAt))
                        let other = PushAnswer.refused(reason: "410 \(reason), of before it was registered")
                        #expect(answer == (isGone ? .unregistered : other))
                    })
            }
        }

        @Test func goneWithoutATimeRemovesNothing() async throws {
            try await APNsSenderTests.run(
                { _, _, _ in APNsRules.refusal(410, "Unregistered") },
                body: { setting in
                    #expect(await setting.sender.send(Samples.wake("a")) != .unregistered)
                })
        }

        static let answers: [(reply: ServerReply, answer: PushAnswer)] = [
            (APNsRules.refusal(400, "BadDeviceToken"), .refused(reason: "400 BadDeviceToken")),
            (APNsRules.refusal(400, "DeviceTokenNotForTopic"), .refused(reason: "400 DeviceTokenNotForTopic")),
            (APNsRules.refusal(413, "PayloadTooLarge"), .refused(reason: "413 PayloadTooLarge")),
            (
                APNsRules.refusal(403, "UnrelatedKeyIdInToken"),
                .refused(reason: "403 UnrelatedKeyIdInToken", alarm: .credentials)
            ),
            (
                .answer(429, [("retry-after", "90")], #"{"reason":"TooManyRequests"}"#),
                .retry(after: .seconds(90), reason: "429 TooManyRequests", of: .target)
            ),
            (
                APNsRules.refusal(429, "TooManyProviderTokenUpdates"),
                .retry(after: nil, reason: "429 TooManyProviderTokenUpdates")
            ),
            (APNsRules.refusal(500, "InternalServerError"), .retry(after: nil, reason: "500 InternalServerError")),
            (
                .answer(503, [("retry-after", "7")], #"{"reason":"Shutdown"}"#),
                .retry(after: .seconds(7), reason: "503 Shutdown")
            ),
            (.answer(502, [], "<html>a proxy's</html>"), .retry(after: nil, reason: "502")),
            (.answer(400, [], #"{"reason":"SomethingNew"}"#), .refused(reason: "400")),
            (.answer(403, [], ""), .refused(reason: "403", alarm: .credentials)),
            (.answer(302, [("location", "https://evil.example.org/")], ""), .refused(reason: "302")),
            (.answer(503, [], String(repeating: "x", count: 100_000)), .retry(after: nil, reason: "503")),
            (.drop, .retry(after: nil, reason: "the connection was lost")),
        ]

        @Test(arguments: answers.indices) func eachAnswerHasItsMeaning(index: Int) async throws {
            let (reply, answer) = Self.answers[index]
            try await APNsSenderTests.run(
                { _, _, _ in reply },
                body: { setting in
                    #expect(await setting.sender.send(Samples.wake("a")) == answer)
                    #expect(setting.server.requests.count == 1)
                })
        }

        @Test func everyReasonHasAVerdict() {
            #expect(Set(APNsReason.allCases.map(\.rawValue)).count == APNsReason.allCases.count)
            #expect(APNsReason.allCases.filter { $0.verdict == .gone } == [.unregistered, .expiredToken])
        }
    }
}
