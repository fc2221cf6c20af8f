import NIOHTTP1
import RestanteCore
import Testing

@testable import RestanteGateway

/// From which header the client's address comes, and from whom that is believed. 10.0.0.0/8 are proxies.
@Suite(.timeLimit(.minutes(5)))
struct TrustedProxiesTests {
    private func client(_ header: TrustedProxies.Header, _ values: [String], peer: String = "10.0.0.1") throws -> String
    {
        let proxies = TrustedProxies([try #require(IPNetwork("10.0.0.0/8"))], header: header)
        var headers = HTTPHeaders()
        for value in values { headers.add(name: header.rawValue.uppercased(), value: value) }
        return proxies.client(of: headers, peer: try #require(IPAddress(peer))).description
    }

    @Test(arguments: [
        ([], "10.0.0.1"), (["192.0.2.1"], "192.0.2.1"), (["192.0.2.1:4711"], "192.0.2.1"),
        (["2001:db8::1"], "2001:db8::1"), (["[2001:db8::1]:80"], "2001:db8::1"), (["[2001:db8::1]"], "2001:db8::1"),
        // What the client made up stands before what the proxy added.
        (["198.51.100.9, 192.0.2.1"], "192.0.2.1"), (["10.9.9.9, 192.0.2.1"], "192.0.2.1"),
        (["198.51.100.9", "192.0.2.1"], "192.0.2.1"), (["garbage, 192.0.2.1"], "192.0.2.1"),
        // Through two proxies.
        (["198.51.100.9, 192.0.2.1, 10.0.0.2"], "192.0.2.1"), (["192.0.2.1", "10.0.0.2"], "192.0.2.1"),
        // All of them are proxies: someone within.
        (["10.0.0.3, 10.0.0.2"], "10.0.0.3"),
        // The last hop says nothing usable: it is the client.
        (["unknown"], "10.0.0.1"), (["192.0.2.1, unknown, 10.0.0.2"], "10.0.0.2"), (["192.0.2.1, [::1"], "10.0.0.1"),
        (["192.0.2.1:port"], "10.0.0.1"), (["192.0.2.1:99999"], "10.0.0.1"), ([", ,"], "10.0.0.1"),
    ])
    func xForwardedFor(values: [String], address: String) throws {
        #expect(try client(.xForwardedFor, values) == address)
    }

    @Test(arguments: [
        ([], "10.0.0.1"), (["for=192.0.2.1"], "192.0.2.1"), (["For=\"192.0.2.1:4711\";proto=https"], "192.0.2.1"),
        (["proto=https; for=\"[2001:db8::1]:80\" ;by=10.0.0.1"], "2001:db8::1"),
        (["for=198.51.100.9, for=192.0.2.1;by=10.0.0.2, for=10.0.0.2"], "192.0.2.1"),
        (["for=198.51.100.9", "for=192.0.2.1"], "192.0.2.1"),
        // A comma, a semicolon and a quote within a quoted string are part of it.
        (["for=192.0.2.1;host=\"a,for=198.51.100.9;\\\",x\""], "192.0.2.1"),
        (["for=unknown"], "10.0.0.1"), (["for=_hidden, for=10.0.0.2"], "10.0.0.2"), (["for="], "10.0.0.1"),
        (["for=192.0.2.1;for=198.51.100.9"], "10.0.0.1"), (["by=192.0.2.1"], "10.0.0.1"), (["for=\""], "10.0.0.1"),
        (["for=\"192.0.2.1"], "10.0.0.1"), (["192.0.2.1"], "10.0.0.1"),
    ])
    func forwarded(values: [String], address: String) throws {
        #expect(try client(.forwarded, values) == address)
    }

    @Test func othersAreNotBelieved() throws {
        for header in TrustedProxies.Header.allCases {
            #expect(try client(header, ["for=198.51.100.9", "198.51.100.9"], peer: "192.0.2.66") == "192.0.2.66")
        }
    }

    /// A proxy that writes one of the headers passes on the other as the client made it up.
    @Test func onlyOneHeaderIsRead() throws {
        let range = try #require(IPNetwork("10.0.0.0/8"))
        let headers: HTTPHeaders = ["x-forwarded-for": "192.0.2.1", "forwarded": "for=198.51.100.9"]
        let peer = try #require(IPAddress("10.0.0.1"))
        #expect(TrustedProxies([range]).client(of: headers, peer: peer).description == "192.0.2.1")
        #expect(
            TrustedProxies([range], header: .forwarded).client(of: headers, peer: peer).description == "198.51.100.9")
    }

    /// Over real sockets: the test is the proxy, or it is a stranger.
    @Test(arguments: ["127.0.0.0/8", "10.0.0.0/8"]) func whoWasRefusedIsLogged(trusted: String) async throws {
        let log = RecordedLog()
        let range = try #require(IPNetwork(trusted))
        let proxies: (inout GatewayConfiguration) -> Void = { $0.trustedProxies = TrustedProxies([range]) }
        try await TestServer.run(log: log, configure: proxies) { server in
            for (method, path) in [("GET", "/v1/connect"), ("POST", "/v1/messages")] {
                try await RawClient.with(server) { client in
                    let headers = path == "/v1/connect" ? RawClient.upgradeHeaders : []
                    let response = try await client.request(method, path, headers + ["x-forwarded-for: 192.0.2.7"])
                    #expect(response?.status == 401)
                }
            }
        }
        let client = trusted == "127.0.0.0/8" ? "192.0.2.7" : "127.0.0.1"
        #expect(
            log.all.filter { $0.hasPrefix("refused") }
                == Array(repeating: "refused client=\(client) status=401", count: 2))
    }

    @Test func aLongChainEnds() throws {
        let chain = ["192.0.2.1"] + Array(repeating: "10.0.0.2", count: TrustedProxies.maximumHops)
        #expect(try client(.xForwardedFor, [chain.joined(separator: ",")]) == "10.0.0.2")
        #expect(try client(.xForwardedFor, [chain.dropLast().joined(separator: ",")]) == "192.0.2.1")
    }
}
