import CSQLite
import Glibc
public import RestanteCore
import Synchronization

/// The mailbox in one SQLite file: one connection, on one thread, the only one that writes.
///
/// `accepted` and `acknowledged` are told only after the commit that holds them is synced (WAL, `synchronous=FULL`). An
/// I/O error at a commit ends the store and nobody is answered, since SQLite goes on after a failed sync as if nothing had
/// happened; what is on disk decides after the restart, and P4 makes sending again safe.
public final class SQLiteStore: MessageStore, SessionDirectory {
    private let engine: EngineBox
    private let queue: WorkQueue
    private let thread = Mutex<pthread_t?>(nil)
    private let ended = Ending()
    let database: String
    let vfs: String?
    let desk = BackupDesk()

    /// Opens the file, or makes it, applies missing migrations and clears the sessions that this node left behind.
    ///
    /// Blocks for as long as that takes. A file that is refused is left as it was.
    ///
    /// - Parameters:
    ///   - path: the database; its folder must exist.
    ///   - options: limits, clock and what else is not in the file.
    /// - Throws: ``StoreError``, with what to do and the exit code.
    public static func open(
        path: String, options: StoreOptions = StoreOptions()
    ) throws -> SQLiteStore {
        SQLiteStore(try EngineBox(path: path, options: options), options: options)
    }

    private init(_ engine: EngineBox, options: StoreOptions) {
        self.engine = engine
        database = engine.path
        vfs = options.vfs
        queue = WorkQueue(limits: options.limits)
    }

    public func start(reportingTo sink: any StoreSink) {
        let work = ThreadWork { [self] in serve(sink) }
        thread.withLock { thread in
            precondition(thread == nil, "a store is started once")
            // A question that asks nothing wakes the store's thread.
            engine.engine.checkpoint.whenSynced = { [queue] in _ = queue.add { _ in nil } }
            thread = work.start()
        }
    }

    /// The same on the calling thread, until the store is shut down: what the file suffers is done by one thread then,
    /// which is how `restante-faults crash` counts it.
    package func run(reportingTo sink: any StoreSink) {
        thread.withLock { thread in
            precondition(thread == nil, "a store is started once")
            thread = pthread_self()
        }
        serve(sink)
    }

    private func serve(_ sink: any StoreSink) {
        var loop = StoreLoop(engine: engine.engine, queue: queue, sink: sink)
        do {
            try loop.run()
        } catch {
            queue.close()
            // Whoever asked meanwhile hears that there is nobody left to answer.
            for question in queue.take(until: nil).batch.questions { _ = question(.failure(error)) }
            sink.store(failed: StoreError(damageFoundBy: error) ?? engine.engine.disk?.explain(error) ?? error)
            engine.abandon()
        }
        engine.close()
        ended.happen()
    }

    @discardableResult
    public func enqueue(_ commands: [StoreCommand]) -> Bool { queue.add(commands) }

    /// What waits for the store's thread now; also while that hangs in a commit.
    public var backlog: StoreBacklog { queue.backlog }

    public func shutdown() async {
        desk.close()
        queue.close()
        guard thread.withLock({ $0 != nil }) else {
            engine.close()
            return
        }
        await ended.wait()
        await desk.untilIdle()
    }

    /// Forgets now what every device has acknowledged, all of it, which otherwise happens by and by.
    package func forgetAcknowledged() async throws {
        try await ask { engine in
            try engine.transaction { try engine.moveAllLateCursors() }
            while !engine.sweeper.isEmpty { try engine.sweepSlice() }
        }
    }

    /// Whether a question that has one number for an answer is answered with another than 0.
    package func holds(_ sql: String) async throws -> Bool {
        try await ask { try $0.connection.first(sql) { $0.int(0) } ?? 0 } != 0
    }

    /// How long what the store did of its own accord has kept commits waiting since it was started.
    package func pauses() async throws -> Pauses { try await ask { $0.pauses } }

    // MARK: SessionDirectory

    public func sessions(of user: UserName) async throws -> [SessionLocation] {
        try await ask { try $0.sessionLocations(of: user) }
    }

    public func clear(node: String) async throws {
        try await ask { engine in try engine.transaction { try engine.clearSessions(ofNode: node) } }
    }

    /// Asks the engine something between two batches, on its own thread.
    func ask<Answer: Sendable>(_ question: @escaping @Sendable (Engine) throws -> Answer) async throws -> Answer {
        try await withCheckedThrowingContinuation { continuation in
            let isTaken = queue.add { engine in
                let answer = engine.flatMap { engine in Swift.Result { try question(engine) } }
                continuation.resume(with: answer)
                return answer.failure
            }
            if !isTaken {
                continuation.resume(throwing: Refusal(.shuttingDown, "the store has ended"))
            }
        }
    }
}

extension Swift.Result where Failure == any Error {
    fileprivate var failure: (any Error)? { if case .failure(let error) = self { error } else { nil } }
}

/// Something that happens once and can be waited for.
private final class Ending: Sendable {
    private let state = Mutex<(happened: Bool, waiters: [CheckedContinuation<Void, Never>])>((false, []))

    func happen() {
        let waiters = state.withLock { state in
            defer { state = (true, []) }
            return state.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    func wait() async {
        await withCheckedContinuation { continuation in
            let isOver = state.withLock { state in
                if !state.happened { state.waiters.append(continuation) }
                return state.happened
            }
            if isOver { continuation.resume() }
        }
    }
}

/// A thread of the system: the cooperative pool must never wait for a disk.
final class ThreadWork: Sendable {
    private let body: @Sendable () -> Void

    init(_ body: @escaping @Sendable () -> Void) {
        self.body = body
    }

    func start() -> pthread_t {
        var thread = pthread_t()
        let code = pthread_create(
            &thread, nil,
            { context in
                guard let context else { return nil }
                Unmanaged<ThreadWork>.fromOpaque(context).takeRetainedValue().body()
                return nil
            }, Unmanaged.passRetained(self).toOpaque())
        precondition(code == 0, "cannot start a thread: \(String(cString: strerror(code)))")
        pthread_detach(thread)
        return thread
    }
}
