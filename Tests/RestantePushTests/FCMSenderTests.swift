import Foundation
import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// Against servers that check what Google's do.
    @Suite(.timeLimit(.minutes(5)))
    struct FCMSenderTests {
        struct Setting {
            var server: PushServer
            var sender: FCMSender
            var rules: FCMRules
            var clock: FakeClock

            var messages: [ReceivedRequest] { server.requests.filter { $0.path != "/token" } }
        }

        typealias Script = @Sendable (FCMRules, ReceivedRequest) throws -> ServerReply

        static func run(
            timeLimit: Duration = .seconds(20), opening: ServerOpening = .usual,
            configure: (inout FCMConfiguration) -> Void = { _ in },
            _ script: @escaping Script = { rules, request in try rules.reply(request) },
            body: (Setting) async throws -> Void
        ) async throws {
            let clock = FakeClock()
            let rules = FCMRules(clock: clock)
            try await PushServer.run(
                opening: opening, { request, _ in try script(rules, request) },
                body: { server in
                    var configuration = FCMConfiguration(
                        accounts: [try rules.account(tokenURL: server.base + "/token")], address: server.base)
                    configure(&configuration)
                    let sender = try FCMSender(configuration, http: server.http(timeLimit: timeLimit), clock: clock)
                    do {
                        try await body(Setting(server: server, sender: sender, rules: rules, clock: clock))
                    } catch {
                        await sender.shutdown()
                        throw error
                    }
                    await sender.shutdown()
                })
        }

        /// Access tokens as usual, and this for each message.
        static func always(_ reply: ServerReply) -> Script {
            { rules, request in request.path == "/token" ? try rules.reply(request) : reply }
        }

        // MARK: - What is sent

        @Test(arguments: [(Urgency.urgent, "HIGH"), (.normal, "NORMAL")])
        func aDataMessage(urgency: Urgency, priority: String) async throws {
            try await Self.run { setting in
                #expect(await setting.sender.send(Samples.wake("a", Samples.fcm(), urgency: urgency)) == .taken)
                let body = try #require(setting.messages.first?.body)
                let message = try #require(JSONSerialization.jsonObject(with: Data(body)) as? NSDictionary)
                let expected: NSDictionary = [
                    "message": [
                        "token": "registration", "data": ["restante": "mail"],
                        "android": ["priority": priority, "ttl": "3600s"],
                    ]
                ]
                #expect(message == expected)
            }
        }

        @Test func aDryRunIsOne() async throws {
            try await Self.run { setting in
                #expect(await setting.sender.check(Samples.wake("a", Samples.fcm())) == .taken)
                let body = try #require(setting.messages.first?.body)
                let message = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
                #expect(message["validate_only"] as? Bool == true)
            }
        }

        @Test func aTextIsToldToTheApp() async throws {
            try await Self.run { setting in
                for text in Samples.texts {
                    #expect(await setting.sender.send(Samples.wake("a", Samples.fcm(), text: text)) == .taken)
                    let body = try #require(setting.messages.last?.body)
                    let whole = try #require(JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])
                    let message = try #require(whole["message"] as? [String: Any])
                    #expect(message["data"] as? [String: String] == ["restante": "mail", "text": text])
                }
            }
        }

        @Test func fourWeeksAtMost() async throws {
            try await Self.run { setting in
                _ = await setting.sender.send(Samples.wake("a", Samples.fcm(), deadline: Samples.now + 90 * 86_400_000))
                let body = String(decoding: try #require(setting.messages.first?.body), as: UTF8.self)
                #expect(body.contains(#""ttl":"2419200s""#))
            }
        }

        @Test func anUnknownProjectIsNotSent() async throws {
            try await Self.run { setting in
                let answer = await setting.sender.send(Samples.wake("a", Samples.fcm(app: "other")))
                #expect(answer == .refused(reason: "no service account of this Firebase project is configured"))
                #expect(setting.server.requests.isEmpty)
            }
        }

        // MARK: - Answers

        static let answers: [(reply: ServerReply, answer: PushAnswer)] = [
            (FCMRules.refusal(404, "UNREGISTERED"), .unregistered),
            (.answer(404), .refused(reason: "404", alarm: .credentials)),
            (FCMRules.refusal(403, "SENDER_ID_MISMATCH"), .refused(reason: "403 SENDER_ID_MISMATCH", alarm: .target)),
            (
                FCMRules.refusal(401, "THIRD_PARTY_AUTH_ERROR"),
                .refused(reason: "401 THIRD_PARTY_AUTH_ERROR", alarm: .credentials)
            ),
            (.answer(403), .refused(reason: "403", alarm: .credentials)),
            (status(403, "PERMISSION_DENIED"), .refused(reason: "403 PERMISSION_DENIED", alarm: .credentials)),
            (status(404, "NOT_FOUND"), .refused(reason: "404 NOT_FOUND", alarm: .credentials)),
            (status(401, "UNAUTHENTICATED"), .refused(reason: "401 UNAUTHENTICATED", alarm: .credentials)),
            (status(403, "SOMETHING_NEW"), .refused(reason: "403", alarm: .credentials)),
            (FCMRules.refusal(400, "INVALID_ARGUMENT"), .refused(reason: "400 INVALID_ARGUMENT")),
            (FCMRules.refusal(400, "SOMETHING_NEW"), .refused(reason: "400")),
            (
                FCMRules.refusal(429, "QUOTA_EXCEEDED", headers: [("retry-after", "75")]),
                .retry(after: .seconds(75), reason: "429 QUOTA_EXCEEDED")
            ),
            (
                FCMRules.refusal(429, "QUOTA_EXCEEDED"),
                .retry(after: .seconds(60), reason: "429 QUOTA_EXCEEDED", of: .target)
            ),
            (
                FCMRules.refusal(503, "UNAVAILABLE", headers: [("retry-after", "5")]),
                .retry(after: .seconds(5), reason: "503 UNAVAILABLE")
            ),
            (FCMRules.refusal(500, "INTERNAL"), .retry(after: nil, reason: "500 INTERNAL")),
            (.answer(502, [], "<html>"), .retry(after: nil, reason: "502")),
            (.drop, .retry(after: nil, reason: "the connection was lost")),
        ]

        /// As Google's front answers, who knows nothing of messages.
        private static func status(_ number: Int, _ status: String) -> ServerReply {
            .answer(number, [], #"{"error":{"code":\#(number),"message":"no","status":"\#(status)"}}"#)
        }

        @Test(arguments: answers.indices) func eachAnswerHasItsMeaning(index: Int) async throws {
            let (reply, answer) = Self.answers[index]
            try await Self.run(Self.always(reply)) { setting in
                #expect(await setting.sender.send(Samples.wake("a", Samples.fcm())) == answer)
            }
        }

        /// Another token does not help, and is not fetched again and again.
        @Test func refusedForEverIsAnAlarm() async throws {
            try await Self.run(Self.always(.answer(401))) { setting in
                for _ in 0..<5 {
                    let answer = await setting.sender.send(Samples.wake("a", Samples.fcm()))
                    #expect(answer == .refused(reason: "401", alarm: .credentials))
                }
                #expect(setting.rules.count == 2)
            }
        }
    }
}
