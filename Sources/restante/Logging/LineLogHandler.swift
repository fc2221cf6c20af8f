import Foundation
import Glibc
import Logging

/// Writes records to standard error, each with one `write`, so that lines of several threads do not mix.
struct LineLogHandler: LogHandler {
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]
    private let label: String
    private let format: LogFormat

    init(label: String, format: LogFormat, level: Logger.Level) {
        self.label = label
        self.format = format
        logLevel = level
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let now = Int64(Date().timeIntervalSince1970 * 1000)
        var all = metadata
        if let own = event.metadata { all.merge(own) { $1 } }
        if let error = event.error { all["error"] = "\(error)" }
        var line = format.line(milliseconds: now, label: label, event, all)
        line.withUTF8 { bytes in
            // A log that cannot be written (a full disk, a reader that is gone) must not stop the server.
            _ = write(STDERR_FILENO, bytes.baseAddress, bytes.count)
        }
    }
}
