import Logging
import NIOConcurrencyHelpers

/// A log that keeps what it is told, as `message key=value …` with the keys in order.
struct RecordedLog: LogHandler {
    private let lines = NIOLockedValueBox<[String]>([])
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.trace

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let values = (event.metadata ?? [:]).sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }
        lines.withLockedValue { $0.append("\(event.message)" + values.joined()) }
    }

    var all: [String] { lines.withLockedValue { $0 } }
}
