import Foundation
import PushServers
import RestanteCore
import RestantePush
import Testing

extension SystemTests {
    /// The built server and servers that check what Google's do.
    @Suite(.timeLimit(.minutes(5))) struct FCMTests {
        @Test func aDryRunWakesNobodyAndMailDoes() async throws {
            try await PushedServer.withFCM { server, service in
                let done = try await server.restante(
                    "push", "register", "fcm", "registration-of-bob", "--app", FCMRules.project, as: "bob/phone")
                #expect(done.status == 0, "\(done)")
                let test = try await server.restante(
                    "push", "test", "--user", "bob", "--device", "phone", "--dry-run", "--database",
                    server.home.database)
                #expect(test.status == 0 && test.output == "fcm  taken  (dry run: nobody was woken)\n", "\(test)")
                // The first request was for an access token.
                #expect(service.requests.count == 2)
                #expect(try Self.fields(service.requests[1])["validate_only"] as? Bool == true)
                try await Device.with("alice", on: server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    await service.received(3)
                    let fields = try Self.fields(service.requests[2])
                    #expect(fields["validate_only"] == nil)
                    let message = try #require(fields["message"] as? [String: Any])
                    #expect(message["token"] as? String == "registration-of-bob")
                    #expect(message["data"] as? [String: String] == ["restante": "mail"])
                }
            }
        }

        private static func fields(_ request: ReceivedRequest) throws -> [String: Any] {
            try #require(JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any])
        }
    }
}
