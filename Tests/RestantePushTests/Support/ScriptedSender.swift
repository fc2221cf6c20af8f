import NIOConcurrencyHelpers
import RestanteCore

@testable import RestantePush

/// A sender that answers as a test says, and keeps what it was asked.
final class ScriptedSender: PushSender {
    typealias Script = @Sendable (_ wake: Wake, _ number: Int) async -> PushAnswer

    let provider: PushProvider
    private let script: Script
    private let wakes = NIOLockedValueBox<[Wake]>([])
    private let hasEnded = NIOLockedValueBox(false)

    init(_ provider: PushProvider, _ script: @escaping Script = { _, _ in .taken }) {
        self.provider = provider
        self.script = script
    }

    func send(_ wake: Wake) async -> PushAnswer {
        let number = wakes.withLockedValue { wakes in
            wakes.append(wake)
            return wakes.count - 1
        }
        return await script(wake, number)
    }

    func shutdown() async { hasEnded.withLockedValue { $0 = true } }

    /// In the order in which they were asked for.
    var names: [String] { wakes.withLockedValue { $0.map(\.device.user.rawValue) } }
    /// What each was told to be good until.
    var deadlines: [Int64] { wakes.withLockedValue { $0.map(\.deadline) } }
    var isShutDown: Bool { hasEnded.withLockedValue { $0 } }
}

/// Holds whoever passes until it is opened, or until its task is cancelled.
final class Gate: Sendable {
    private let state = NIOLockedValueBox<(isOpen: Bool, waiting: [AsyncStream<Void>.Continuation])>((false, []))

    func pass() async {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self)
        let isOpen = state.withLockedValue { state in
            state.waiting.append(continuation)
            return state.isOpen
        }
        if isOpen { continuation.finish() }
        for await _ in stream {}
    }

    func open() {
        let waiting = state.withLockedValue { state in
            state.isOpen = true
            return state.waiting
        }
        for continuation in waiting { continuation.finish() }
    }
}
