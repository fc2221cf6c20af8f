import Crypto
import Foundation
import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// Against a server that checks what Apple's does.
    @Suite(.timeLimit(.minutes(5)))
    struct APNsSenderTests {
        struct Setting {
            var server: PushServer
            var sender: APNsSender
            var rules: APNsRules
            var clock: FakeClock
        }

        typealias Script = @Sendable (APNsRules, ReceivedRequest, _ number: Int) throws -> ServerReply

        static func run(
            streams: Int = 100, timeLimit: Duration = .seconds(20), opening: ServerOpening = .usual,
            configure: (inout APNsConfiguration) -> Void = { _ in },
            _ script: @escaping Script = { rules, request, _ in try rules.reply(request) },
            body: (Setting) async throws -> Void
        ) async throws {
            let clock = FakeClock()
            let rules = APNsRules(clock: clock)
            try await PushServer.run(
                streams: streams, opening: opening, { try script(rules, $0, $1) },
                body: { server in
                    let key = try PushKey(pem: rules.key.pemRepresentation, name: "key")
                    var configuration = APNsConfiguration(
                        teams: [.init(id: rules.team, keyID: rules.keyID, key: key)], production: server.base,
                        sandbox: server.base)
                    configure(&configuration)
                    let sender = try APNsSender(configuration, http: server.http(timeLimit: timeLimit), clock: clock)
                    do {
                        try await body(Setting(server: server, sender: sender, rules: rules, clock: clock))
                    } catch {
                        await sender.shutdown()
                        throw error
                    }
                    await sender.shutdown()
                })
        }

        // MARK: - What is sent

        @Test func anUrgentWakeIsAnAlert() async throws {
            try await Self.run { setting in
                #expect(await setting.sender.send(Samples.wake("a", urgency: .urgent)) == .taken)
                let request = try #require(setting.server.requests.first)
                #expect(request.path == "/3/device/" + String(repeating: "a1", count: 32))
                #expect(request["apns-topic"] == "org.example.app")
                #expect(request["apns-push-type"] == "alert")
                #expect(request["apns-priority"] == "10")
                #expect(request["apns-expiration"] == "\((Samples.now + 3_600_000) / 1000)")
                #expect(request["apns-collapse-id"] == "restante")
                let body = try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? NSDictionary)
                #expect(body == ["aps": ["alert": ["body": "New message"], "mutable-content": 1]])
            }
        }

        @Test func anyOtherWakesInTheBackground() async throws {
            try await Self.run { setting in
                #expect(await setting.sender.send(Samples.wake("a")) == .taken)
                let request = try #require(setting.server.requests.first)
                #expect(request["apns-push-type"] == "background")
                #expect(request["apns-priority"] == "5")
                let body = try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? NSDictionary)
                #expect(body == ["aps": ["content-available": 1]])
            }
        }

        @Test(arguments: [(Urgency.urgent, "10"), (.normal, "5")])
        func aTextIsShown(urgency: Urgency, priority: String) async throws {
            try await Self.run { setting in
                for text in Samples.texts {
                    #expect(await setting.sender.send(Samples.wake("a", urgency: urgency, text: text)) == .taken)
                    let request = try #require(setting.server.requests.last)
                    #expect(request["apns-push-type"] == "alert")
                    #expect(request["apns-priority"] == priority)
                    let body = try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? NSDictionary)
                    #expect(body == ["aps": ["alert": ["body": text], "mutable-content": 1]])
                }
            }
        }

        @Test func thereIsNoDryRun() async throws {
            try await Self.run { setting in
                #expect(await setting.sender.check(Samples.wake("a")) == nil)
                #expect(setting.server.requests.isEmpty)
            }
        }

        @Test func theEnvironmentsHaveTheirAddresses() async throws {
            try await Self.run(
                configure: { $0.production = "https://localhost:1" },
                body: { setting in
                    #expect(await setting.sender.send(Samples.wake("a", Samples.apns(sandbox: true))) == .taken)
                    let answer = await setting.sender.send(Samples.wake("a"))
                    #expect(answer == .retry(after: nil, reason: "cannot connect, or the connection was lost"))
                })
        }

        @Test(arguments: [
            ("", "org.example.app"), ("abc", "org.example.app"), ("zz", "org.example.app"),
            ("a1/../b2", "org.example.app"),
            ("a1", ""), ("a1", "org.example.app\r\nx: y"), (String(repeating: "a1", count: 101), "org.example.app"),
        ])
        func badTargetsAreNotSent(token: String, topic: String) async throws {
            try await Self.run { setting in
                let answer = await setting.sender.send(Samples.wake("a", Samples.apns(token: token, topic: topic)))
                #expect(answer == .refused(reason: "no device token and topic of APNs"))
                #expect(setting.server.requests.isEmpty)
            }
        }

        @Test func aTopicWithoutATeamIsNotSent() async throws {
            try await Self.run(
                configure: { $0.teams[0].topics = ["org.example.other"] },
                body: { setting in
                    let answer = await setting.sender.send(Samples.wake("a"))
                    #expect(answer == .refused(reason: "no team with this topic is configured"))
                })
        }

        // MARK: - Provider tokens

        @Test func oneTokenForMany() async throws {
            try await Self.run { setting in
                await withDiscardingTaskGroup { group in
                    for number in 0..<20 {
                        group.addTask { #expect(await setting.sender.send(Samples.wake("w\(number)")) == .taken) }
                    }
                }
                #expect(setting.server.requests.count == 20)
                #expect(setting.rules.presented.count == 1)
                #expect(setting.server.connections == 1)
            }
        }

        @Test func aTokenIsRenewedBetween20And60Minutes() async throws {
            try await Self.run { setting in
                for minutes in [0, 20, 39, 41, 61, 80, 82] {
                    setting.clock.advance(by: .milliseconds(Samples.now + Int64(minutes) * 60_000 - setting.clock.wall))
                    #expect(await setting.sender.send(Samples.wake("a", deadline: .max / 2)) == .taken, "\(minutes)")
                }
                #expect(setting.rules.presented.count == 3)
            }
        }

        @Test func anExpiredTokenIsReplacedOnce() async throws {
            let script: Script = { rules, request, number in
                _ = try rules.objection(to: request)
                return number == 0 ? APNsRules.refusal(403, "ExpiredProviderToken") : .answer(200)
            }
            try await Self.run(script) { setting in
                _ = await setting.sender.send(Samples.wake("a"))
                #expect(setting.server.requests.count == 2)
            }
        }

        /// With a clock that is wrong no token helps, and more than one in 20 minutes is against the rules.
        @Test func aTokenThatIsAlwaysExpiredIsAnAlarm() async throws {
            try await Self.run(
                { _, _, _ in APNsRules.refusal(403, "ExpiredProviderToken") },
                body: { setting in
                    let alarm = PushAnswer.refused(reason: "403 ExpiredProviderToken", alarm: .credentials)
                    #expect(await setting.sender.send(Samples.wake("a")) == alarm)
                    #expect(setting.server.requests.count == 2)
                    #expect(await setting.sender.send(Samples.wake("a")) == alarm)
                    #expect(setting.server.requests.count == 3)
                    setting.clock.advance(by: .seconds(20 * 60))
                    #expect(await setting.sender.send(Samples.wake("a")) == alarm)
                    #expect(setting.server.requests.count == 5)
                })
        }

        @Test func aWrongKeyIsAnAlarm() async throws {
            try await Self.run(
                configure: { $0.teams[0].keyID = "OTHERKEY00" },
                body: { setting in
                    let answer = await setting.sender.send(Samples.wake("a"))
                    #expect(answer == .refused(reason: "403 InvalidProviderToken", alarm: .credentials))
                })
        }
    }
}
