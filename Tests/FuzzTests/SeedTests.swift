import Foundation
import FuzzKit
import Testing

/// What `Scripts/fuzz` begins with, and what it found before, through the same targets without libFuzzer.
///
/// A broken promise ends the process with its message.
@Suite(.timeLimit(.minutes(5)))
struct SeedTests {
    static let directory = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../Fuzz")
        .standardized

    @Test(arguments: FuzzTarget.allCases) func holds(_ target: FuzzTarget) async throws {
        try await FuzzTarget.prepare()
        let seeds = try Self.files("seeds/\(target.rawValue)")
        #expect(seeds.count >= 10)
        for file in seeds + (try Self.files("found/\(target.rawValue)")) {
            let bytes = [UInt8](try Data(contentsOf: file))
            target.run(bytes)
            // Inputs that end early are where parsers go wrong.
            for end in stride(from: 0, to: bytes.count, by: max(1, bytes.count / 64)) {
                target.run(Array(bytes[..<end]))
            }
        }
    }

    private static func files(_ path: String) throws -> [URL] {
        let folder = directory.appending(path: path)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    }
}
