import NIOHTTP1
import Testing

@testable import RestanteGateway

/// Which pages may use the server, by what browsers say of them.
@Suite(.timeLimit(.minutes(5)))
struct OriginTests {
    @Test(arguments: [
        // Nothing listed: the server's own pages.
        ([], "https://mail.example.org", true), ([], "http://mail.example.org", true),
        ([], "https://mail.example.org:443", true), ([], "https://MAIL.example.org", true),
        ([], "https://mail.example.org:8443", false), ([], "https://example.org", false),
        ([], "https://evil.example", false), ([], "null", false), ([], "", false), ([], "mail.example.org", false),
        ([], "https://mail.example.org.evil.example", false), ([], "https://evil.example/mail.example.org", false),
        // A list: those on it, the server's own only if it is there.
        (["https://app.example.org"], "https://app.example.org", true),
        (["https://app.example.org"], "https://APP.example.org:443", true),
        (["https://APP.example.org:443"], "https://app.example.org", true),
        (["https://app.example.org"], "http://app.example.org", false),
        (["https://app.example.org"], "https://app.example.org:8443", false),
        (["https://app.example.org"], "https://app.example.org.evil.example", false),
        (["https://app.example.org"], "https://mail.example.org", false),
        (["https://app.example.org"], "null", false), (["https://app.example.org"], "", false),
        (["https://a.example", "http://localhost:8080"], "http://localhost:8080", true),
        (["capacitor://localhost"], "capacitor://localhost", true), (["http://[::1]:80"], "http://[::1]", true),
        (["*"], "https://evil.example", true), (["*"], "null", true),
        (["https://app.example.org", "*"], "https://evil.example", true),
    ])
    func allows(list: [String], origin: String, isAllowed: Bool) throws {
        let allowed = try #require(AllowedOrigins(list))
        #expect(allowed.allow(["host": "mail.example.org", "origin": origin]) == isAllowed)
    }

    @Test(arguments: [[], ["https://app.example.org"], ["*"]]) func whoIsNoBrowserSendsNone(list: [String]) throws {
        let allowed = try #require(AllowedOrigins(list))
        #expect(allowed.allow(["host": "mail.example.org"]))
    }

    @Test func twoOriginsAreNone() throws {
        var headers: HTTPHeaders = ["host": "x", "origin": "https://app.example.org"]
        headers.add(name: "origin", value: "https://app.example.org")
        let allowed = try #require(AllowedOrigins(["https://app.example.org"]))
        #expect(!allowed.allow(headers))
        #expect(!AllowedOrigins().allow(headers))
    }

    @Test(arguments: [
        "", "app.example.org", "https://", "https://app.example.org/", "https://app.example.org/path", "null",
        "https://*.example.org", "https://user@app.example.org", "://x", "https://a b", "1://x", "https://:443",
    ])
    func isNoOrigin(text: String) { #expect(AllowedOrigins([text]) == nil) }

    /// Before method, token and body are looked at; probes are for everybody.
    @Test func isRefusedFirst() async throws {
        let evil = "origin: https://evil.example"
        try await TestServer.run { server in
            let token = try server.userToken()
            let rows: [(method: String, path: String, headers: [String], status: Int)] = [
                ("GET", "/v1/connect", [evil], 403), ("GET", "/v1/connect", RawClient.upgradeHeaders + [evil], 403),
                ("GET", "/v1/connect", RawClient.upgradeHeaders + [evil, "authorization: Bearer \(token)"], 403),
                ("POST", "/v1/connect", [evil], 403), ("POST", "/v1/messages", [evil], 403),
                ("GET", "/v1/messages", [evil], 403), ("GET", "/v1/messages", ["origin: http://test"], 405),
                ("GET", "/healthz", [evil], 200), ("GET", "/v1/connect", ["origin: http://test"], 426),
            ]
            for row in rows {
                try await RawClient.with(server) { client in
                    let response = try await client.request(row.method, row.path, row.headers)
                    #expect(response?.status == row.status, "\(row)")
                    if row.status == 403 { #expect(response?.body.contains("allowedOrigins") == true) }
                }
            }
            try await RawClient.with(server) { client in
                let headers = ["origin: http://test", "authorization: Bearer \(token)"]
                let response = try await client.upgrade(headers + ["sec-websocket-protocol: restante.v1.json"])
                #expect(response?.status == 101)
            }
        }
    }
}
