import Crypto
import NIOCore
import PushServers
import RestanteCore
import Testing

@testable import RestantePush

extension ProviderTests {
    /// Which addresses Web Push speaks to, when a client names them.
    @Suite(.timeLimit(.minutes(5)))
    struct WebPushAddressTests {
        static let forbidden = PushAnswer.refused(
            reason: "the endpoint's address is not public, and in no network that is allowed")

        @Test(arguments: [["127.0.0.1"], ["10.0.0.1"], ["169.254.169.254"], ["::1"], ["8.8.8.8", "127.0.0.1"]])
        func privateAddressesAreNotSpokenTo(addresses: [String]) async throws {
            try await WebPushSenderTests.run(allowed: [], addresses: addresses) { setting in
                #expect(await setting.sender.send(setting.wake()) == Self.forbidden)
                #expect(setting.server.connections == 0)
            }
        }

        @Test(arguments: ["127.0.0.1", "[::1]", "[::ffff:127.0.0.1]", "[64:ff9b::7f00:1]"])
        func norAreTheyAsLiterals(host: String) async throws {
            try await WebPushSenderTests.run(allowed: []) { setting in
                let target = setting.subscription.target("https://\(host):\(setting.server.port)/x")
                #expect(await setting.sender.send(Samples.wake("a", target)) == Self.forbidden)
                #expect(setting.server.connections == 0)
            }
        }

        /// Ways to write 127.0.0.1 that the system's resolver reads and we do not.
        @Test(arguments: ["localhost", "0x7f.0.0.1", "2130706433", "127.1", "0177.0.0.1"])
        func norByOtherNames(host: String) async throws {
            try await PushServer.run(
                { _, _ in .answer(201) },
                body: { server in
                    let rules = WebPushRules(clock: FakeClock())
                    let key = try PushKey(pem: rules.key.pemRepresentation, name: "key")
                    let sender = try WebPushSender(
                        WebPushConfiguration(key: key, contact: rules.contact), http: server.http(), clock: rules.clock)
                    let target = Subscription().target("https://\(host):\(server.port)/x")
                    let answer = await sender.send(Samples.wake("a", target))
                    #expect(answer != .taken)
                    if host == "localhost" { #expect(answer == Self.forbidden) }
                    #expect(server.connections == 0)
                    await sender.shutdown()
                })
        }

        /// The answer of the resolver is asked for once and is then the address that is connected to.
        @Test func aSecondAnswerLeadsNowhereElse() async throws {
            try await WebPushSenderTests.run(allowed: ["127.0.0.1"]) { setting in
                #expect(await setting.sender.send(setting.wake()) == .taken)
                setting.resolver.set(PushServer.host, ["127.0.0.2"])
                #expect(await setting.sender.send(setting.wake()) == .taken)
                #expect(setting.resolver.asked == 1)
                setting.clock.advance(by: LookUps.maximumAge)
                #expect(await setting.sender.send(setting.wake()) == Self.forbidden)
                #expect(setting.resolver.asked == 2)
                #expect(setting.server.requests.count == 2)
            }
        }

        @Test func anUnansweredAddressGivesWayToTheNext() async throws {
            try await WebPushSenderTests.run(addresses: ["127.0.0.9", "127.0.0.1"]) { setting in
                let lost = PushAnswer.retry(after: nil, reason: "cannot connect, or the connection was lost")
                #expect(await setting.sender.send(setting.wake()) == lost)
                #expect(await setting.sender.send(setting.wake()) == .taken)
            }
        }

        /// Another port is another server, maybe a stranger's who has named a good one's address.
        @Test func troubleWithAPortIsNoneOfAnother() async throws {
            try await WebPushSenderTests.run { setting in
                #expect(await setting.sender.send(setting.wake()) == .taken)
                let closed = setting.subscription.target("https://\(PushServer.host):1/x")
                #expect(await setting.sender.send(Samples.wake("b", closed)) != .taken)
                #expect(await setting.sender.send(setting.wake()) == .taken)
                #expect(setting.server.connections == 1)
            }
        }

        @Test func aNameWithoutAddressIsTriedAgain() async throws {
            try await WebPushSenderTests.run(addresses: []) { setting in
                #expect(
                    await setting.sender.send(setting.wake())
                        == .retry(after: nil, reason: "the endpoint's host has no address"))
            }
        }

        /// A name server may be slow on purpose.
        @Test func aNameServerThatHangsTakesNoLongerThanARequestMay() async throws {
            struct HangingResolver: HostResolver {
                let gate = Gate()

                func addresses(of host: String, isKnown: Bool) async -> [SocketAddress] {
                    // Cancelling whoever asks ends it as little as it ends `getaddrinfo`.
                    await Task { await gate.pass() }.value
                    return []
                }
            }
            let resolver = HangingResolver()
            let rules = WebPushRules(clock: FakeClock())
            let key = try PushKey(pem: rules.key.pemRepresentation, name: "key")
            let sender = try WebPushSender(
                WebPushConfiguration(key: key, contact: rules.contact), http: PushHTTP(timeLimit: .milliseconds(100)),
                resolver: resolver, clock: rules.clock)
            let wake = Samples.wake("a", Subscription().target("https://push.example.org/x"))
            #expect(await sender.send(wake) == .retry(after: nil, reason: "no answer in time"))
            resolver.gate.open()
            await sender.shutdown()
        }

        @Test func redirectsAreNotFollowed() async throws {
            try await WebPushSenderTests.run(
                { _, _ in .answer(307, [("location", "/elsewhere")]) },
                body: { setting in
                    #expect(
                        await setting.sender.send(setting.wake()) == .refused(reason: "307: redirects are not followed")
                    )
                    #expect(setting.server.requests.count == 1)
                })
        }

        /// Clients of hosts that nobody speaks to any more are closed, and made again when somebody does.
        @Test func manyHosts() async throws {
            try await WebPushSenderTests.run { setting in
                for round in 0..<2 {
                    for number in 0..<(CheckedHosts.maximumIdle + 2) {
                        let host = "host\(number).\(PushServer.host)"
                        setting.resolver.set(host, ["127.0.0.1"])
                        let target = setting.subscription.target("https://\(host):\(setting.server.port)/x")
                        #expect(await setting.sender.send(Samples.wake("a", target)) == .taken, "\(round) \(host)")
                        setting.clock.advance(by: .milliseconds(1))
                    }
                }
                // The first hosts' clients were closed, and so were those that gave way to them. Names are remembered.
                #expect(setting.server.connections == 2 * (CheckedHosts.maximumIdle + 2))
                #expect(setting.resolver.asked == CheckedHosts.maximumIdle + 2)
            }
        }
    }
}
