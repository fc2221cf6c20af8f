import FoundationEssentials
import Glibc
import TestKit
import Testing

@testable import RestanteGateway

/// The key file that the embedded default makes for itself.
struct KeyFileTests {
    @Test func isMadeForItsOwnerOnlyAndServesAgain() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory + "/keys.json"
            // The mode must not depend on what the shell allows.
            let first = try await KeyFile.openOrCreate(at: path)
            var status = stat()
            #expect(stat(path, &status) == 0)
            #expect(status.st_mode & 0o7777 == 0o600)
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory) == ["keys.json"])

            let token = try TokenMint(keys: first).mint(TestKeys.alice, lifetime: 60)
            for keys in [try await KeyFile.open(at: path), try await KeyFile.openOrCreate(at: path)] {
                #expect(try TokenVerifier(keys: keys).verify(token).bearer == .device(TestKeys.alice))
            }
        }
    }

    @Test(arguments: [0o640, 0o604, 0o620, 0o610, 0o666] as [mode_t]) func refusesWhatOthersMayRead(mode: mode_t)
        async throws
    {
        try await TemporaryDirectory.with { directory in
            let path = directory + "/keys.json"
            _ = try await KeyFile.openOrCreate(at: path)
            #expect(chmod(path, mode) == 0)
            let error = await #expect(throws: GatewayError.self) { _ = try await KeyFile.openOrCreate(at: path) }
            #expect(error?.message.contains("chmod 600") == true)
        }
    }

    @Test func saysThatThereIsNone() async throws {
        try await TemporaryDirectory.with { directory in
            let error = await #expect(throws: GatewayError.self) {
                _ = try await KeyFile.open(at: directory + "/keys.json")
            }
            #expect(error?.message.contains("there is no key file") == true)
            #expect(error?.code == .badKeys)
        }
    }

    @Test func saysThatItCannotBeWritten() async throws {
        try await TemporaryDirectory.with { directory in
            let error = await #expect(throws: GatewayError.self) {
                _ = try await KeyFile.openOrCreate(at: directory + "/missing/keys.json")
            }
            #expect(error?.message.contains("cannot write") == true)
        }
    }

    /// All that make it at once end up with the key of the one that won.
    @Test func makersAtOnceShareOneKey() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory + "/keys.json"
            let sets = try await withThrowingTaskGroup { group in
                for _ in 0..<8 { group.addTask { try await KeyFile.openOrCreate(at: path) } }
                return try await group.reduce(into: [KeySet]()) { $0.append($1) }
            }
            let token = try TokenMint(keys: sets[0]).mint(TestKeys.alice, lifetime: 60)
            for keys in sets { #expect(throws: Never.self) { try TokenVerifier(keys: keys).verify(token) } }
        }
    }

    /// In a container every process has the same id: what a crash left behind must not stand in the way.
    @Test func draftOfACrashDoesNotMatter() async throws {
        try await TemporaryDirectory.with { directory in
            let path = directory + "/keys.json"
            #expect(FileManager.default.createFile(atPath: "\(path).\(getpid()).new", contents: Data()))
            let keys = try await KeyFile.openOrCreate(at: path)
            #expect(keys.count == 1)
        }
    }
}
