import Foundation
import Logging
import Testing

@testable import restante

@Suite struct LogLineTests {
    private func line(_ format: LogFormat, _ message: Logger.Message, _ metadata: Logger.Metadata = [:]) -> String {
        let event = LogEvent(level: .info, message: message, metadata: nil, source: "", file: "", function: "", line: 0)
        return format.line(
            milliseconds: 1_764_057_000_007, label: "restante", event, metadata)
    }

    @Test func textIsOneLineOfWords() {
        #expect(
            line(.text, "listening", ["address": "127.0.0.1:7070", "cause": "asked to"])
                == "2025-11-25T07:50:00.007Z info listening address=127.0.0.1:7070 cause=\"asked to\"\n")
    }

    @Test func jsonIsAnObjectALine() throws {
        let line = line(.json, "said \"so\"\\", ["time": "x", "user": "a\nb"])
        #expect(line.hasPrefix(#"{"time":"2025-11-25T07:50:00.007Z","level":"info","logger":"restante","message":"#))
        let read = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        #expect(read["message"] == "said \"so\"\\" && read["_time"] == "x" && read["user"] == "a\nb")
    }

    /// A user may be called almost anything.
    @Test(arguments: LogFormat.allCases, ["eve", "eve with spaces"])
    func aNameCannotBeginALine(format: LogFormat, name: String) {
        let line = line(
            format, "opened", ["device": "\(name)\n2025-11-25T07:50:00.007Z,critical\r\u{1B}[2J\u{85}\u{2028}"])
        #expect(line.unicodeScalars.filter { CharacterSet.newlines.contains($0) }.count == 1)
        #expect(line.hasSuffix("\n") && !line.contains("\u{1B}"))
    }
}
