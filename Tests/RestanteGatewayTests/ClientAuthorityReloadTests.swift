import NIOSSL
import RestanteCore
import SwiftASN1
import TestKit
import Testing
import X509

@testable import RestanteGateway

/// Authorities of services that are changed while their connections are open.
@Suite(.timeLimit(.minutes(5)))
struct ClientAuthorityReloadTests {
    private let former: TestAuthority
    private let other: TestAuthority

    init() throws {
        former = try TestAuthority("Former services")
        other = try TestAuthority("Other services")
    }

    private func post(
        _ client: RawClient, _ headers: [String] = []
    ) async throws -> RawClient.Response? {
        try await client.request(
            "POST", "/v1/messages", [EndpointTests.json] + headers, body: EndpointTests.body)
    }

    private func certified(_ files: TestTLSFiles, by authority: TestAuthority) throws -> NIOSSLContext {
        try files.authority.client(try authority.issue([.dnsName("billing")], usage: .clientAuth))
    }

    private func put(_ authorities: [TestAuthority], _ files: TestTLSFiles) throws {
        let texts = try authorities.map { try $0.certificate.serializeAsPEM().pemString + "\n" }
        try TestTLSFiles.write(texts.joined(), to: files.files.clientAuthorities ?? "")
    }

    private func run(_ body: (TestServer, ServerTLS, TestTLSFiles) async throws -> Void) async throws {
        try await TestTLSFiles.with(services: former) { files in
            let tls = try ServerTLS(files.files)
            try await TestServer.run(configure: { $0.tls = tls }) { try await body($0, tls, files) }
        }
    }

    /// What an authority vouched for ends with it, also on a connection that is kept alive.
    @Test func whoseAuthorityIsTakenOutMustConnectAgain() async throws {
        try await run { server, tls, files in
            let service = try certified(files, by: former)
            try await RawClient.with(server, tls: service) { kept in
                #expect(try await post(kept)?.status == 200)
                try put([other], files)
                #expect(try await post(kept)?.status == 200, "nothing was reloaded yet")
                try tls.reload()
                let refused = try await post(kept)
                #expect(refused?.status == 401 && refused?.body.contains("connect again") == true)
                #expect(refused?.headers["connection"] == "close")
                #expect(await kept.frame() == .end)
            }
            try await RawClient.with(server, tls: service) { again in
                let answer = try? await post(again)
                #expect(answer == nil)
            }
            try await RawClient.with(server, tls: try certified(files, by: other)) { client in
                let answer = try await post(client)
                #expect(answer?.status == 200)
            }
            #expect(server.store.commands.filter(ShutdownTests.isSend).count == 3)
        }
    }

    /// The same certificates in their place are no change, nor is one beside them; the server's own is another matter.
    @Test func renewalsCostNobodyAConnection() async throws {
        try await run { server, tls, files in
            try await RawClient.with(server, tls: try certified(files, by: former)) { kept in
                #expect(try await post(kept)?.status == 200)
                for authorities in [[former], [former, other], [other, former]] {
                    try put(authorities, files)
                    try files.put(try files.authority.serverPair())
                    try tls.reload()
                    #expect(try await post(kept)?.status == 200)
                }
            }
        }
    }

    /// Whoever comes with a token is not asked how its connection came about.
    @Test func aTokenOutlivesTheAuthority() async throws {
        try await run { server, tls, files in
            let token = "authorization: Bearer \(try server.serviceToken())"
            try await RawClient.with(server, tls: try certified(files, by: former)) { kept in
                #expect(try await post(kept)?.status == 200)
                try put([other], files)
                try tls.reload()
                #expect(try await post(kept, [token])?.status == 200)
            }
            try await RawClient.with(server, tls: try files.authority.client()) { bare in
                let answer = try await post(bare)
                #expect(answer?.status == 401 && answer?.body.contains("connect again") == false)
            }
        }
    }
}
