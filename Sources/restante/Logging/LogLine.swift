import Glibc
import Logging

/// One record as one line: whatever a client put into a name cannot begin another.
enum LogFormat: String, CaseIterable, Sendable {
    /// `2026-11-25T07:50:00.123Z info listening address=127.0.0.1:7070`
    case text
    /// An object with `time`, `level`, `message`, `logger`, and the metadata under its keys.
    case json

    /// - Parameter milliseconds: since the epoch.
    func line(milliseconds: Int64, label: String, _ event: LogEvent, _ metadata: Logger.Metadata) -> String {
        let moment = Self.text(of: milliseconds)
        let pairs = metadata.sorted { $0.key < $1.key }
        switch self {
        case .text:
            return "\(moment) \(event.level) \(event.message.description.printable)"
                + pairs.map { " \($0.key)=\(Self.quoted("\($0.value)"))" }.joined() + "\n"
        case .json:
            // Ours come first: metadata of the same name does not replace them.
            let own = [
                ("time", moment), ("level", "\(event.level)"), ("logger", label), ("message", "\(event.message)"),
            ]
            let names = Set(own.map(\.0))
            let all = own + pairs.map { (names.contains($0.key) ? "_" + $0.key : $0.key, "\($0.value)") }
            return "{" + all.map { "\(Self.json($0.0)):\(Self.json($0.1))" }.joined(separator: ",") + "}\n"
        }
    }

    /// RFC 3339, UTC, milliseconds.
    private static func text(of milliseconds: Int64) -> String {
        var seconds = Int(milliseconds / 1000)
        var fields = tm()
        gmtime_r(&seconds, &fields)
        func digits(_ value: Int, _ count: Int) -> String {
            let text = String(value)
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        return [Int(fields.tm_year) + 1900, Int(fields.tm_mon) + 1, Int(fields.tm_mday)].map { digits($0, 2) }
            .joined(separator: "-") + "T"
            + [fields.tm_hour, fields.tm_min, fields.tm_sec].map { digits(Int($0), 2) }.joined(separator: ":")
            + "." + digits(Int(milliseconds % 1000), 3) + "Z"
    }

    /// In quotes if it is not one word.
    private static func quoted(_ text: String) -> String {
        let isWord = !text.isEmpty && !text.contains { $0 == " " || $0 == "\"" || $0 == "=" }
        return isWord ? text.printable : "\"" + text.printable.replacing("\"", with: "'") + "\""
    }

    /// RFC 8259 §7.
    private static func json(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\u{0}"..."\u{1F}", "\u{7F}"..."\u{9F}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
