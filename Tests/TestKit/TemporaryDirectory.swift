import FoundationEssentials
import Glibc

/// A directory of its own for one test, removed after it.
package enum TemporaryDirectory {
    package static func with(_ body: (String) async throws -> Void) async throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/restante-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw CocoaError(.fileWriteUnknown) }
        let path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { try? FileManager.default.removeItem(atPath: path) }
        try await body(path)
    }
}
