import AsyncHTTPClient
import NIOConcurrencyHelpers

/// Clients that are closing, and that no request waits for: how long it takes is the peer's to say, and one that speaks
/// HTTP/2 and never sends its settings is never done.
final class EndingClients: Sendable {
    /// How long a server that shuts down waits for them.
    static let patience: Duration = .seconds(5)

    private struct State {
        var counts: [String: Int] = [:]
        var waiting: [AsyncStream<Void>.Continuation] = []
        var isGivenUp = false
    }

    private let state = NIOLockedValueBox(State())

    /// How many there are.
    var count: Int { state.withLockedValue { $0.counts.values.reduce(0, +) } }

    /// How many there are of an origin.
    func count(of origin: String) -> Int { state.withLockedValue { $0.counts[origin] ?? 0 } }

    /// Closes a client, whose requests fail. Returns at once.
    func end(_ client: HTTPClient, of origin: String) {
        state.withLockedValue { $0.counts[origin, default: 0] += 1 }
        client.shutdown { [self] _ in ended(origin) }
    }

    /// Returns when all have ended, and after `limit` in any case. Whoever asks once more does not wait again.
    func wait(atMost limit: Duration = patience) async {
        _ = try? await withTimeLimit(limit) { await self.allEnded() }
        state.withLockedValue { $0.isGivenUp = true }
    }

    private func ended(_ origin: String) {
        let waiting = state.withLockedValue { state -> [AsyncStream<Void>.Continuation] in
            let left = (state.counts[origin] ?? 1) - 1
            state.counts[origin] = left == 0 ? nil : left
            guard state.counts.isEmpty else { return [] }
            defer { state.waiting = [] }
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }

    private func allEnded() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        state.withLockedValue { state in
            if state.counts.isEmpty || state.isGivenUp {
                continuation.finish()
            } else {
                state.waiting.append(continuation)
            }
        }
        for await _ in stream {}
    }
}
