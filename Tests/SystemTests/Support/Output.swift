import Foundation
import Glibc

/// What a process writes to one of its streams, gathered as it comes.
final class Output: Sendable {
    private struct State {
        var bytes = Data()
        var isOver = false
    }

    private let state = Watched(State())

    /// Takes both ends: once the child has the writing one, ours is closed, so that the child's end is the stream's.
    init(_ pipe: PrivatePipe) {
        close(pipe.writing)
        Thread.detachNewThread { [state] in
            var buffer = [UInt8](repeating: 0, count: 64 * 1024)
            while case let count = read(pipe.reading, &buffer, buffer.count), count > 0 {
                state.change { $0.bytes += buffer[..<count] }
            }
            close(pipe.reading)
            state.change { $0.isOver = true }
        }
    }

    /// What has come so far.
    var text: String { String(decoding: state.now.bytes, as: UTF8.self) }

    /// All of it, once the stream has ended.
    func all() async throws -> String {
        let bytes = try await state.first { $0.isOver ? $0.bytes : nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The first whole line with these words in it; nil if the stream ends without.
    func line(with words: String) async throws -> String? {
        try await state.first { state -> String?? in
            let lines = String(decoding: state.bytes, as: UTF8.self).split(
                separator: "\n", omittingEmptySubsequences: false)
            if let line = lines.dropLast().first(where: { $0.contains(words) }) { return .some(String(line)) }
            return state.isOver ? .some(nil) : nil
        }
    }
}
