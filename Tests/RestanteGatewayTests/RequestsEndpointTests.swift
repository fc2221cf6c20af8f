import RestanteCore
import RestanteWire
import Testing

@testable import RestanteGateway

/// `POST /v1/requests`: what the app's backend manages for others, and which token may.
@Suite(.timeLimit(.minutes(5))) struct RequestsEndpointTests {
    private static let deletion = #"{"requestId": "7", "deleteUser": {"user": "bob"}}"#
    private static let status = #"{"status": {"messageId": "\#(ConnectionTests.idText)"}}"#

    private func post(
        _ server: TestServer, _ body: String, _ scopes: TokenScopes, _ path: String = "/v1/requests"
    ) async throws -> (status: Int?, frame: WireServerFrame?) {
        let token = try server.mint.mint(ServiceName(unchecked: "backend"), scopes: scopes, lifetime: 3600)
        var answer: RawClient.Response?
        try await RawClient.with(server) { client in
            answer = try await client.request(
                "POST", path, [EndpointTests.json, "authorization: Bearer \(token)"], body: body)
        }
        return (answer?.status, try? WireFormat.json.decodeServerFrame(Array((answer?.body ?? "").utf8)))
    }

    @Test func theStoreIsAskedAsTheService() async throws {
        try await TestServer.run { server in
            let answer = try await post(server, Self.deletion, [.send, .manage])
            #expect(answer.status == 200 && answer.frame?.requestID == 7 && answer.frame?.reply.done == WireDone())
            guard
                case .request(.deleteUser(let user), 7, .service(_, let service, let issuedAt))? =
                    server.store.commands.first
            else {
                Issue.record("\(server.store.commands)")
                return
            }
            #expect(user.rawValue == "bob" && service.rawValue == "backend")
            #expect(abs(issuedAt - WallClock.seconds()) < 60)
        }
    }

    /// What a token may is nothing to do with whether it is good: 403, not 401.
    @Test(arguments: [
        (deletion, TokenScopes.send, 403), (deletion, .manage, 200), (status, .manage, 403), (status, .send, 200),
    ])
    func theScopeDecides(body: String, scopes: TokenScopes, status: Int) async throws {
        try await TestServer.run { server in
            let answer = try await post(server, body, scopes)
            #expect(answer.status == status)
            #expect((answer.frame?.failure.name == "not_allowed") == (status == 403))
            #expect(server.store.commands.isEmpty == (status == 403))
        }
    }

    @Test func sendingNeedsItsOwnScope() async throws {
        try await TestServer.run { server in
            let answer = try await post(server, EndpointTests.body, .manage, "/v1/messages")
            #expect(answer.status == 403)
            #expect(server.store.commands.isEmpty)
        }
    }

    /// Whoever holds a token that was revoked learns no more than with any other bad one.
    @Test(arguments: ["/v1/requests", "/v1/messages"]) func aRevokedTokenIsABadOne(path: String) async throws {
        let store = ScriptedStore { command in
            let refusal = Refusal(.invalidToken, "revoked")
            return switch command {
            case .send(let submission, let origin): [.sent(submission.id, .rejected(refusal), to: origin)]
            case .request(_, let id, let origin): [.replied(.failure(refusal), id: id, to: origin)]
            default: []
            }
        }
        try await TestServer.run(store: store) { server in
            let body = path == "/v1/requests" ? Self.deletion : EndpointTests.body
            let token = try server.mint.mint(ServiceName(unchecked: "backend"), scopes: [.send, .manage], lifetime: 60)
            var answers: [String?] = []
            for token in [token, "no token"] {
                try await RawClient.with(server) { client in
                    let headers = [EndpointTests.json, "authorization: Bearer \(token)"]
                    answers.append(try await client.request("POST", path, headers, body: body)?.raw)
                }
            }
            #expect(answers[0]?.contains("401") == true && answers[0] == answers[1])
        }
    }

    @Test(arguments: ["no JSON", #"{"ping": {}}"#, #"{"revoke": {}}"#]) func nonsenseIsA400(body: String) async throws {
        try await TestServer.run { server in
            let answer = try await post(server, body, .manage)
            #expect(answer.status == 400)
        }
    }
}
