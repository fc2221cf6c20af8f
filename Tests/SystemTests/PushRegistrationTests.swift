import Foundation
import PushServers
import RestanteCore
import Testing

extension SystemTests {
    /// What can never work is refused when it is registered, not silently for ever.
    @Suite(.timeLimit(.minutes(5))) struct PushRegistrationTests {
        @Test func aProjectThatTheServerDoesNotHaveIsRefused() async throws {
            try await PushedServer.withFCM { server, _ in
                let other = try await server.restante(
                    "push", "register", "fcm", "registration-of-bob", "--app", "other-project", as: "bob/phone")
                #expect(other.status == 78 && other.errors.contains("push.fcmAccount"), "\(other)")
                #expect(try await server.home.sqlite3("SELECT count(*) FROM push_targets").output == "0\n")
            }
        }

        /// A device whose project was taken out of the settings.
        @Test func aStartTellsOfThoseThatAreNotWokenAnyMore() async throws {
            try await PushedServer.withFCM { server, _ in
                for device in ["bob/phone", "bob/tablet", "carol/phone"] {
                    let done = try await server.restante(
                        "push", "register", "fcm", "registration", "--app", FCMRules.project, as: device)
                    #expect(done.status == 0, "\(done)")
                }
                try await server.kill()
                #expect(!server.program.errors.text.contains("they are not woken"))
                _ = try await server.home.sqlite3(
                    "UPDATE push_targets SET app = 'old' WHERE device_id IN (SELECT device_id FROM devices WHERE user = 'bob');"
                        + "UPDATE push_targets SET provider = 1 WHERE app != 'old'", readOnly: false)
                try await server.startAgain()
                let line = try await server.program.errors.line(with: "they are not woken")
                #expect(line?.contains("warning") == true && line?.contains("devices=3") == true, "\(line ?? "")")
            }
        }

        @Test(arguments: [
            "https://a:b@push.example.org/x", "https://push.example.org:0/x", "https://push.example.org/#x",
        ])
        func anEndpointThatIsNoneIsRefused(endpoint: String) async throws {
            try await PushedServer.with { pushed in
                let done = try await Self.register(pushed, endpoint, pushed.subscription.key)
                #expect(
                    done.status == 65 && done.errors.contains("bad_request: token must be an endpoint w"), "\(done)")
            }
        }

        @Test func aKeyThatIsNoPointIsRefused() async throws {
            try await PushedServer.with { pushed in
                var key = pushed.subscription.key
                key[64] ^= 1
                let done = try await Self.register(pushed, pushed.service.base + "/x", key)
                #expect(done.status == 65 && done.errors.contains("no point of P-256"), "\(done)")
                #expect(try await pushed.targets() == "0")
            }
        }

        private static func register(_ pushed: PushedServer, _ endpoint: String, _ key: [UInt8]) async throws -> Command
        {
            try await pushed.server.restante(
                "push", "register", "webpush", endpoint, "--key", Base64URL.encode(Data(key)), "--secret",
                Base64URL.encode(Data(pushed.subscription.secret)), as: "bob/phone")
        }
    }
}
