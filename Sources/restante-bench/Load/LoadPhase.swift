import NIOCore

/// A part of a run that is waited for: it ends once, whatever is told afterwards. Bound to one event loop.
final class LoadPhase {
    /// Seconds without progress after which a part has failed.
    private static let patience = 60

    private let promise: EventLoopPromise<Void>
    private var ticker: Ticker?
    private var isOver = false

    init(_ promise: EventLoopPromise<Void>) {
        self.promise = promise
    }

    func succeed() {
        end()
        promise.succeed()
    }

    /// - Parameter trouble: a sentence for whoever started the run.
    func fail(_ trouble: String) {
        end()
        promise.fail(BenchError(trouble))
    }

    private func end() {
        isOver = true
        ticker?.cancel()
    }

    fileprivate func watch(_ name: String, of total: Int, on loop: any EventLoop, _ count: @escaping () -> Int) {
        // It may be done with what began it.
        guard !isOver else { return }
        var (last, still) = (-1, 0)
        ticker = Ticker(every: .seconds(1), on: loop) { [weak self] _ in
            let now = count()
            still = now == last ? still + 1 : 0
            last = now
            LoadProgress.say("\(name): \(now) of \(total)")
            if still == Self.patience { self?.fail("\(name): nothing came for \(still) s after \(now) of \(total)") }
        }
    }
}

extension LoadGenerator {
    /// Starts a part of a run and waits until it is over, telling each second how far it is.
    ///
    /// - Parameter body: starts it, and returns what counts how much of `total` is done.
    func phase(
        _ name: String, of total: Int, _ body: @escaping @Sendable (LoadPhase) throws -> () -> Int
    ) async throws {
        try await loop.flatSubmit { [loop] in
            let promise = loop.makePromise(of: Void.self)
            let phase = LoadPhase(promise)
            do {
                phase.watch(name, of: total, on: loop, try body(phase))
            } catch {
                promise.fail(error)
            }
            return promise.futureResult
        }.get()
    }
}
