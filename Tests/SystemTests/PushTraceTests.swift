import Foundation
import PushServers
import RestanteCore
import Testing

extension SystemTests {
    /// What an operator sees of a device's wake-ups.
    @Suite(.timeLimit(.minutes(5))) struct PushTraceTests {
        @Test func fromTheMailToTheConnection() async throws {
            let busyAtFirst: PushServer.Script = { _, number in .answer(number == 0 ? 503 : 201) }
            try await PushedServer.with(script: busyAtFirst) { pushed in
                try await pushed.registerBob()
                #expect(
                    try await Self.trace(pushed, "bob").output
                        == "not woken since the server was started, or long ago\n")
                try await Device.with("alice", on: pushed.server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    await pushed.service.received(2)
                    // The provider has been asked, and the server hears it soon.
                    var lines: [String] = []
                    while !lines.contains(where: { $0.hasSuffix("ended      sent") }) {
                        lines = try await Self.trace(pushed, "bob").lines.map(String.init)
                    }
                    try await Device.with("bob", on: pushed.server) { bob in _ = try await bob.texts(1) }
                    lines = try await Self.trace(pushed, "bob").lines.map(String.init)
                    try Self.check(lines)
                    #expect(!lines.joined().contains("secret"))
                }
                let none = try await Self.trace(pushed, "nobody")
                #expect(none.status == 65 && none.errors.contains("not_found"), "\(none)")
                let unlinked = try await pushed.server.restante(
                    "push", "trace", "--user", "bob", "--device", "tablet", "--database", pushed.server.home.database)
                #expect(unlinked.status == 65 && unlinked.errors.contains("not_found"), "\(unlinked)")
            }
        }

        private static func check(_ lines: [String]) throws {
            let expected = [
                "due        normal", "sent       to webpush, attempt 1", "answered   not now: 503",
                "sent       to webpush, attempt 2", "answered   taken", "ended      sent", "connected  ",
            ]
            try #require(lines.count == expected.count, "\(lines)")
            for (line, text) in zip(lines, expected) {
                // 2026-11-27T03:54:49.123Z
                let parts = line.split(separator: "  ", maxSplits: 1)
                #expect(parts[0].wholeMatch(of: /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/) != nil, "\(line)")
                #expect(parts.count == 2 && parts[1].hasPrefix(text), "\(line)")
            }
            #expect(lines.last?.hasSuffix("ms after the last that was taken") == true)
        }

        private static func trace(_ pushed: PushedServer, _ user: String) async throws -> Command {
            try await pushed.server.restante(
                "push", "trace", "--user", user, "--device", "phone", "--database", pushed.server.home.database)
        }
    }
}
