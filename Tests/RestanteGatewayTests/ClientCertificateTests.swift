import Foundation
import NIOSSL
import RestanteCore
import TestKit
import Testing
import X509

@testable import RestanteGateway

/// Certificates of services: which count as a token, for whom, and which end the connection.
@Suite(.timeLimit(.minutes(5)))
struct ClientCertificateTests {
    private let services: TestAuthority

    init() throws {
        services = try TestAuthority("Services")
    }

    private func post(
        _ server: TestServer, _ tls: NIOSSLContext, _ headers: [String] = []
    ) async throws -> Int? {
        var status: Int?
        try await RawClient.with(server, tls: tls) { client in
            let all = [EndpointTests.json] + headers
            status = try? await client.request("POST", "/v1/messages", all, body: EndpointTests.body)?.status
        }
        return status
    }

    static let names: [(names: [GeneralName], commonName: String?, service: String?)] = [
        ([.uniformResourceIdentifier("spiffe://example.org/billing")], nil, "spiffe://example.org/billing"),
        ([.dnsName("billing.internal")], nil, "billing.internal"), ([], "billing", "billing"),
        ([.uniformResourceIdentifier("app:billing"), .dnsName("host.internal")], "common", "app:billing"),
        ([.dnsName("billing.internal")], "common", "billing.internal"),
        // Nobody, or more than one: whom should it speak for?
        ([], nil, nil), ([.dnsName("a"), .dnsName("b")], "common", nil), ([.rfc822Name("a@b")], "common", nil),
        ([.uniformResourceIdentifier("a:a"), .uniformResourceIdentifier("b:b"), .dnsName("c")], nil, nil),
        ([.dnsName(String(repeating: "x", count: 129))], nil, nil),
    ]

    @Test func namesTheService() async throws {
        try await TestTLSFiles.with(services: services) { files in
            try await TLSTests.run(files) { server in
                for (names, commonName, service) in Self.names {
                    let pair = try services.issue(names, commonName: commonName, usage: .clientAuth)
                    let count = server.store.commands.count
                    let status = try await post(server, try files.authority.client(pair))
                    #expect(status == (service == nil ? 401 : 200), "\(names)")
                    let senders = server.store.commands.dropFirst(count).compactMap {
                        if case .send(_, .service(_, let name, _)) = $0 { name.rawValue } else { nil }
                    }
                    #expect(senders == (service.map { [$0] } ?? []))
                }
            }
        }
    }

    @Test func isNoneWithoutOne() async throws {
        try await TestTLSFiles.with(services: services) { files in
            try await TLSTests.run(files) { server in
                let without = try files.authority.client()
                let nobody = try await post(server, without)
                #expect(nobody == 401)
                let backend = try await post(server, without, ["authorization: Bearer \(server.serviceToken())"])
                #expect(backend == 200)
                try await RawClient.with(server, tls: without) { try await $0.open(server) }
            }
        }
    }

    /// Whoever sends a token is judged by it alone.
    @Test func doesNotHelpABadToken() async throws {
        try await TestTLSFiles.with(services: services) { files in
            try await TLSTests.run(files) { server in
                let certified = try files.authority.client(
                    try services.issue([.dnsName("billing")], usage: .clientAuth))
                #expect(try await post(server, certified) == 200)
                for token in ["Bearer x", "Bearer \(try server.userToken())", "Basic eDp5", ""] {
                    #expect(try await post(server, certified, ["authorization: \(token)"]) == 401, "\(token)")
                }
            }
        }
    }

    @Test func isNoDevice() async throws {
        try await TestTLSFiles.with(services: services) { files in
            try await TLSTests.run(files) { server in
                let certified = try files.authority.client(
                    try services.issue([.dnsName("billing")], usage: .clientAuth))
                try await RawClient.with(server, tls: certified) { client in
                    let response = try await client.upgrade(["sec-websocket-protocol: restante.v1.json"])
                    #expect(response?.status == 401)
                }
                try await RawClient.with(server, tls: certified) { try await $0.open(server) }
            }
        }
    }

    @Test func mustVerify() async throws {
        let name = [GeneralName.dnsName("billing")]
        let wrong = [
            try TestAuthority("Services").issue(name, usage: .clientAuth),
            try services.issue(name, usage: .clientAuth, through: .now - 30),
            try services.issue(name, usage: .clientAuth, from: .now + 3600),
            try services.issue(name, usage: .serverAuth),
        ]
        try await TestTLSFiles.with(services: services) { files in
            try await TLSTests.run(files) { server in
                // The server's own authority does not vouch for services.
                let own = try files.authority.issue(name, usage: .clientAuth)
                for pair in wrong + [own] {
                    for version in [TLSVersion.tlsv12, .tlsv13] {
                        let client = try files.authority.client(pair) { $0.maximumTLSVersion = version }
                        #expect(try await post(server, client) == nil, "\(pair.certificate) \(version)")
                    }
                }
                #expect(server.store.commands.isEmpty)
            }
        }
    }

    /// Without --tls-client-ca nobody is asked, and what comes unasked counts for nothing.
    @Test func countsForNothingUnasked() async throws {
        try await TestTLSFiles.with { files in
            try await TLSTests.run(files) { server in
                let pair = try services.issue([.dnsName("billing")], usage: .clientAuth)
                #expect(try await post(server, try files.authority.client(pair)) == 401)
            }
        }
    }

    /// A connection, or a resumed session, can outlive the certificate that it began with.
    @Test func isJudgedByTheClockOfEachRequest() throws {
        let certificate = try services.issue([.dnsName("billing")]).certificate.forTLS()
        let validity = CertificateValidity(certificate)
        let service = TokenClaims.Bearer.service(ServiceName(unchecked: "billing"))
        for (now, isGood) in [
            (validity.from - 1, false), (validity.from, true), (validity.through, true), (validity.through + 1, false),
        ] {
            let claims = ServiceCertificate.claims(of: certificate, now: now)
            #expect((claims != nil) == isGood)
            guard let claims else { continue }
            #expect(
                claims
                    == TokenClaims(bearer: service, scopes: .send, issuedAt: validity.from, expiresAt: validity.through)
            )
        }
    }
}
