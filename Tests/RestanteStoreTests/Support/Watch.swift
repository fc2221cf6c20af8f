import Foundation
import Glibc
import RestanteCore
import Synchronization

@testable import RestanteStore

/// Sees how far a backup is, and can hold its thread up at a phase, so that a test does something at that moment.
final class Watch: Sendable {
    private struct State {
        var isSeen = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let phase: BackupProgress.Phase
    private let state = Mutex(State())
    private let gate = DispatchSemaphore(value: 0)
    private let isOpen = Atomic(false)

    init(_ phase: BackupProgress.Phase = .copying) {
        self.phase = phase
    }

    func see(_ progress: BackupProgress) {
        let waiter = state.withLock { state -> CheckedContinuation<Void, Never>? in
            guard progress.phase == phase else { return nil }
            state.isSeen = true
            return state.waiter.take()
        }
        waiter?.resume()
    }

    /// Sees it, and waits until the test lets it go.
    func hold(_ progress: BackupProgress) {
        see(progress)
        guard progress.phase == phase, !isOpen.load(ordering: .acquiring) else { return }
        gate.wait()
        gate.signal()
    }

    func letGo() {
        isOpen.store(true, ordering: .releasing)
        gate.signal()
    }

    /// Waits until the phase has begun.
    func first() async {
        await withCheckedContinuation { continuation in
            let isSeen = state.withLock { state in
                if !state.isSeen { state.waiter = continuation }
                return state.isSeen
            }
            if isSeen { continuation.resume() }
        }
    }
}

extension Postbox {
    /// With mail for bob of about this size.
    static func filled(megabytes: Int) async throws -> Postbox {
        let box = try Postbox()
        try await box.register(["bob/phone"])
        let sender = try await box.claim(["sender/laptop"])[0]
        for _ in 0..<megabytes {
            try await box.perform(
                (0..<10).map { _ in
                    .send(
                        Submission(
                            id: MessageID(at: box.clock.now()), to: .user(user("bob")),
                            content: .payload(Payload(repeating: 7, count: 100_000))), from: .session(sender))
                })
        }
        return box
    }
}

extension Postbox {
    func backing(up name: String, observer: @escaping BackupObserver) -> Task<BackupReport, any Error> {
        Task { [store, path = folder.path(name)] in try await store.backup(to: path, observer: observer) }
    }

    /// Why no other backup can be begun now.
    func refusal() async -> String? {
        do {
            _ = try await store.backup(to: folder.path("another.db"))
            return nil
        } catch {
            return "\(error)"
        }
    }
}

extension Folder {
    /// Files whose names contain this.
    func names(with part: String) throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: path("")).filter { $0.contains(part) }.sorted()
    }

    func opened(_ name: String) throws -> Connection { try Connection(path: path(name), mode: .readOnly) }

    @discardableResult
    func backup(
        _ store: SQLiteStore, observer: @escaping BackupObserver = { _ in }
    ) async throws -> BackupReport {
        try await store.backup(to: path("copy.db"), observer: observer)
    }
}
