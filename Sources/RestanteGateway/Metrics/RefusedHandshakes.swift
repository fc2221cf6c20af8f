import Logging
import NIOCore
import Synchronization

/// Says once a minute how many handshakes were refused, if any were: one by one they are told at debug only, since whoever
/// can reach the port can cause as many as they like.
final class RefusedHandshakes: Sendable {
    private static let every = TimeAmount.seconds(60)

    private let counts: [Count] = HandshakeOutcome.texts.map { _ in Count() }
    private let logger: Logger

    private final class Count: Sendable {
        let value = Atomic<Int>(0)
    }

    init(_ logger: Logger) { self.logger = logger }

    func add(_ outcome: HandshakeOutcome) {
        if case .accepted = outcome { return }
        counts[outcome.index].value.add(1, ordering: .relaxed)
    }

    /// Until the loop ends.
    func start(on eventLoop: any EventLoop) {
        eventLoop.scheduleRepeatedTask(initialDelay: Self.every, delay: Self.every) { [self] _ in tell() }
    }

    /// Also at the end, for the last part of a minute.
    func tell() {
        var metadata: Logger.Metadata = [:]
        for (text, count) in zip(HandshakeOutcome.texts, counts) {
            let value = count.value.exchange(0, ordering: .relaxed)
            if value > 0 { metadata["outcome_\(text)"] = "\(value)" }
        }
        if !metadata.isEmpty { logger.info("handshakes were refused", metadata: metadata) }
    }
}
