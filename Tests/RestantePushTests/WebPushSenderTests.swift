import Crypto
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// Against a push service that checks what the real ones do.
    @Suite(.timeLimit(.minutes(5)))
    struct WebPushSenderTests {
        /// A resolver that knows what it is told, and counts how often it is asked.
        final class TableResolver: HostResolver {
            private let state: NIOLockedValueBox<(table: [String: [String]], asked: Int)>

            init(_ table: [String: [String]]) { state = NIOLockedValueBox((table, 0)) }

            func addresses(of host: String, isKnown: Bool) async -> [SocketAddress] {
                state.withLockedValue { state in
                    state.asked += 1
                    return (state.table[host] ?? []).compactMap { try? SocketAddress(ipAddress: $0, port: 0) }
                }
            }

            func set(_ host: String, _ addresses: [String]) { state.withLockedValue { $0.table[host] = addresses } }
            var asked: Int { state.withLockedValue { $0.asked } }
        }

        struct Setting {
            var server: PushServer
            var sender: WebPushSender
            var rules: WebPushRules
            var clock: FakeClock
            var resolver: TableResolver
            var subscription = Subscription()

            var origin: String { "https://\(PushServer.host):\(server.port)" }

            func wake(
                _ name: String = "a", path: String = "/wpush/secret", urgency: Urgency = .normal, text: String? = nil
            ) -> Wake {
                Samples.wake(name, subscription.target(origin + path), urgency: urgency, text: text)
            }
        }

        static func run(
            allowed: [String] = ["127.0.0.0/8"], addresses: [String] = ["127.0.0.1"],
            timeLimit: Duration = .seconds(20), opening: ServerOpening = .usual,
            _ script: @escaping PushServer.Script = { _, _ in .answer(201) }, body: (Setting) async throws -> Void
        ) async throws {
            let clock = FakeClock()
            let rules = WebPushRules(clock: clock)
            try await PushServer.run(opening: opening, script) { server in
                let resolver = TableResolver([PushServer.host: addresses])
                let configuration = WebPushConfiguration(
                    key: try PushKey(pem: rules.key.pemRepresentation, name: "key"), contact: rules.contact,
                    policy: AddressPolicy(allowed: allowed.compactMap { IPNetwork($0) }))
                let sender = try WebPushSender(
                    configuration, http: server.http(timeLimit: timeLimit), resolver: resolver, clock: clock)
                do {
                    try await body(
                        Setting(server: server, sender: sender, rules: rules, clock: clock, resolver: resolver))
                } catch {
                    await sender.shutdown()
                    throw error
                }
                await sender.shutdown()
            }
        }

        // MARK: - What is sent

        @Test func theBrowserCanReadIt() async throws {
            try await Self.run { setting in
                #expect(await setting.sender.send(setting.wake(urgency: .urgent)) == .taken)
                let request = try #require(setting.server.requests.first)
                #expect(request.path == "/wpush/secret")
                #expect(request["urgency"] == "high")
                #expect(request["ttl"] == "3600")
                try setting.rules.check(request, origin: setting.origin)
                #expect(try setting.subscription.decrypt(request.body) == Array(#"{"restante":"mail"}"#.utf8))
            }
        }

        @Test func aTextIsToldToTheApp() async throws {
            try await Self.run { setting in
                for text in Samples.texts {
                    #expect(await setting.sender.send(setting.wake(text: text)) == .taken)
                    let request = try #require(setting.server.requests.last)
                    try setting.rules.check(request, origin: setting.origin)
                    let message = try setting.subscription.decrypt(request.body)
                    let content = try JSONDecoder().decode([String: String].self, from: Data(message))
                    #expect(content == ["restante": "mail", "text": text])
                }
            }
        }

        /// The store takes none so long; if there were one, nothing but its wake-up may end.
        @Test func aTextThatIsTooLongIsNotSent() async throws {
            try await Self.run { setting in
                let wake = setting.wake(text: String(repeating: "x", count: 4096))
                #expect(await setting.sender.send(wake) == .refused(reason: "the text to show is too long"))
                #expect(setting.server.requests.isEmpty)
            }
        }

        @Test func aTokenIsKeptForHoursAndNeverADay() async throws {
            try await Self.run { setting in
                var ends: [Int64] = []
                for _ in 0..<6 {
                    #expect(await setting.sender.send(setting.wake()) == .taken)
                    let request = try #require(setting.server.requests.last)
                    ends.append(try setting.rules.check(request, origin: setting.origin))
                    setting.clock.advance(by: .seconds(3 * 3600))
                }
                #expect(Set(ends).count == 3)
            }
        }

        @Test(arguments: ["http://push.example.org/x", "https://user@push.example.org/x", "nonsense"])
        func onlyHTTPS(endpoint: String) async throws {
            try await Self.run { setting in
                let answer = await setting.sender.send(Samples.wake("a", setting.subscription.target(endpoint)))
                #expect(
                    answer
                        == .refused(reason: "the endpoint is no https URL of a host, a port, a path and a query alone"))
                #expect(setting.resolver.asked == 0)
            }
        }

        @Test func badKeysAreRefused() async throws {
            try await Self.run { setting in
                let target = PushTarget.webPush(endpoint: setting.origin + "/x", key: [4, 1], secret: [])
                #expect(
                    await setting.sender.send(Samples.wake("a", target))
                        == .refused(reason: "the subscription's keys cannot be used"))
            }
        }

        // MARK: - Answers

        static let answers: [(reply: ServerReply, answer: PushAnswer)] = [
            (.answer(200), .taken),
            (.answer(202), .taken),
            (.answer(404), .unregistered),
            (.answer(410), .unregistered),
            (.answer(413), .refused(reason: "413: the push is too large")),
            (.answer(400), .refused(reason: "400")),
            (.answer(403), .refused(reason: "403: was the subscription made with this server's public key?")),
            (.answer(429, [("retry-after", "60")]), .retry(after: .seconds(60), reason: "429")),
            (
                .answer(503, [("retry-after", "Fri, 15 Jan 2027 08:05:00 GMT")]),
                .retry(after: .seconds(300), reason: "503")
            ),
            (.answer(500), .retry(after: nil, reason: "500")),
            (.answer(201, [], String(repeating: "x", count: 1_000_000)), .taken),
            (.drop, .retry(after: nil, reason: "the connection was lost")),
        ]

        @Test(arguments: answers.indices) func eachAnswerHasItsMeaning(index: Int) async throws {
            let (reply, answer) = Self.answers[index]
            try await Self.run(
                { _, _ in reply },
                body: { setting in
                    #expect(await setting.sender.send(setting.wake()) == answer)
                })
        }

        @Test func silenceEndsInTime() async throws {
            try await Self.run(
                timeLimit: .milliseconds(300), { _, _ in .silence },
                body: { setting in
                    #expect(
                        await setting.sender.send(setting.wake()) == .retry(after: nil, reason: "no answer in time"))
                })
        }

        @Test func manyAtOnceShareFewConnections() async throws {
            try await Self.run { setting in
                await withDiscardingTaskGroup { group in
                    for number in 0..<20 {
                        group.addTask { #expect(await setting.sender.send(setting.wake("w\(number)")) == .taken) }
                    }
                }
                #expect(setting.server.requests.count == 20)
                #expect(setting.server.connections <= 8)
            }
        }

        /// Clients are given up while others use them, and nothing is lost.
        @Test func nothingIsLostWithAConnection() async throws {
            try await Self.run(
                { _, number in number % 10 == 5 ? .drop : .answer(201) },
                body: { setting in
                    let sink = RecordingSink()
                    let backoff = PushBackoff(base: .milliseconds(1), ceiling: .milliseconds(20))
                    let dispatcher = PushDispatcher(
                        senders: [setting.sender],
                        limits: PushLimits(concurrency: 16, perWebPushHost: 8, backoff: backoff),
                        sink: sink)
                    let deadline = SystemPushClock().wall + 3_600_000
                    dispatcher.dispatch(
                        (0..<60).map { number in
                            var wake = setting.wake("w\(number)")
                            wake.deadline = deadline
                            return wake
                        })
                    await sink.ended(60)
                    #expect(sink.ended.allSatisfy { $0.outcome == .sent })
                    #expect(setting.server.connections > 1)
                    await dispatcher.shutdown()
                })
        }
    }
}
