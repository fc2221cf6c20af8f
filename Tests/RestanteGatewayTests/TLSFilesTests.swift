import Foundation
import SwiftASN1
import TestKit
import Testing
import X509

@testable import RestanteGateway

/// What is wrong with the files is said at the start, with the file's name and what to do.
struct TLSFilesTests {
    static let wrong: [(what: String, words: [String], breaking: @Sendable (TestTLSFiles) throws -> Void)] = [
        ("no certificate", ["server.pem", "no such file"], { try remove($0.files.certificate) }),
        ("no key", ["server.key", "no such file"], { try remove($0.files.key) }),
        (
            "a folder", ["server.pem", "no regular file"],
            {
                try remove($0.files.certificate)
                try FileManager.default.createDirectory(
                    atPath: $0.files.certificate, withIntermediateDirectories: false)
            }
        ),
        (
            "too large", ["server.pem", "larger than"],
            {
                try TestTLSFiles.write(
                    String(repeating: "x", count: SmallFile.maximumBytes + 1), to: $0.files.certificate)
            }
        ),
        ("empty", ["server.pem", "no certificate in PEM"], { try TestTLSFiles.write("", to: $0.files.certificate) }),
        ("text", ["server.key", "no private key in PEM"], { try TestTLSFiles.write("secret", to: $0.files.key) }),
        (
            "key and certificate swapped", ["server.pem", "no certificate in PEM"],
            {
                let pair = try $0.authority.serverPair()
                try TestTLSFiles.write(pair.keyPEM, to: $0.files.certificate)
                try TestTLSFiles.write(try pair.pem, to: $0.files.key)
            }
        ),
        (
            "a damaged certificate", ["server.pem", "broken one"],
            { try TestTLSFiles.write(begin + "AAAA" + end, to: $0.files.certificate) }
        ),
        (
            "a key with a passphrase", ["server.key", "passphrase"],
            { try TestTLSFiles.write("-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n", to: $0.files.key) }
        ),
        (
            "another key", ["server.key", "does not belong", "server.pem"],
            { try TestTLSFiles.write(try $0.authority.serverPair().keyPEM, to: $0.files.key) }
        ),
        (
            "the authority first", ["does not belong", "own certificate stand before"],
            {
                let pair = try $0.authority.serverPair()
                let chain = try $0.authority.certificate.serializeAsPEM().pemString + "\n" + pair.pem
                try TestTLSFiles.write(chain, to: $0.files.certificate)
                try TestTLSFiles.write(pair.keyPEM, to: $0.files.key)
            }
        ),
    ]

    private static let begin = "-----BEGIN CERTIFICATE-----\n"
    private static let end = "\n-----END CERTIFICATE-----\n"

    private static func remove(_ path: String) throws { try FileManager.default.removeItem(atPath: path) }

    @Test func stopsTheStart() async throws {
        for (what, words, breaking) in Self.wrong {
            try await TestTLSFiles.with { files in
                try breaking(files)
                let error = #expect(throws: GatewayError.self, "\(what)") { _ = try ServerTLS(files.files) }
                #expect(error?.code == .badCertificate, "\(what)")
                for word in words {
                    #expect(error?.message.contains(word) == true, "\(what): \(error?.message ?? "")")
                }
            }
        }
    }

    @Test func theClientAuthoritiesMustBeThere() async throws {
        try await TestTLSFiles.with(services: try TestAuthority()) { files in
            try TestTLSFiles.write("none", to: try #require(files.files.clientAuthorities))
            let error = #expect(throws: GatewayError.self) { _ = try ServerTLS(files.files) }
            #expect(error?.message.contains("client CA file") == true)
        }
    }

    @Test func aChainIsServed() async throws {
        try await TestTLSFiles.with { files in
            let pair = try files.authority.serverPair()
            let chain = try pair.pem + files.authority.certificate.serializeAsPEM().pemString
            try TestTLSFiles.write(chain, to: files.files.certificate)
            try TestTLSFiles.write(pair.keyPEM, to: files.files.key)
            let tls = try ServerTLS(files.files)
            #expect(tls.warnings.isEmpty)
            #expect(abs(tls.expiresAt - Int64(Date.now.timeIntervalSince1970) - 600) < 60)
        }
    }

    @Test func datesAndModesAreWarnings() async throws {
        try await TestTLSFiles.with { files in
            try files.put(try files.authority.serverPair(through: .now - 30))
            #expect(try ServerTLS(files.files).warnings.first?.contains("expired on") == true)
            try files.put(try files.authority.serverPair(from: .now + 60))
            #expect(try ServerTLS(files.files).warnings.first?.contains("clock") == true)
            let pair = try files.authority.serverPair()
            try files.put(pair)
            try TestTLSFiles.write(pair.keyPEM, to: files.files.key, mode: 0o644)
            #expect(try ServerTLS(files.files).warnings.first?.contains("chmod 600") == true)
            try TestTLSFiles.write(pair.keyPEM, to: files.files.key, mode: 0o640)
            #expect(try ServerTLS(files.files).warnings.isEmpty)
        }
    }
}
