import Glibc

/// Folders for what is thrown away afterwards.
package enum TemporaryFolder {
    /// Makes an empty one in `TMPDIR`, or in /tmp where there is no such variable; its name begins with `prefix`.
    package static func make(_ prefix: String) throws -> String {
        let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(parent)/\(prefix)-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw Trouble("cannot make a folder in \(parent): errno \(errno)") }
        return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}
