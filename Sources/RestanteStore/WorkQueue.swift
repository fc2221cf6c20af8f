import Glibc
import RestanteCore

/// What waits for the store's thread: any thread adds, one takes everything at once.
///
/// A mutex and a condition of the system, because the store's thread must sleep with a time limit and neither an event
/// loop nor the cooperative pool may sleep for it. That is also why it is `@unchecked Sendable`: all state is behind the
/// mutex.
final class WorkQueue: @unchecked Sendable {
    /// Asked once: of the engine, or told why there is none any more. Gives back the error that the engine met.
    typealias Question = @Sendable (Swift.Result<Engine, any Error>) -> (any Error)?

    /// One entry: a command, or a question that is asked between two batches.
    struct Batch {
        var commands: [StoreCommand] = []
        var questions: [Question] = []
        var isShutdown = false

        var isEmpty: Bool { commands.isEmpty && questions.isEmpty && !isShutdown }
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private let limits: Limits
    private var waiting = Batch()
    private var waitingBytes = 0
    private var isClosed = false
    private var saidFull = false

    init(limits: Limits) {
        self.limits = limits
        pthread_mutex_init(mutex, nil)
        var attributes = pthread_condattr_t()
        pthread_condattr_init(&attributes)
        pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
        pthread_cond_init(condition, &attributes)
        pthread_condattr_destroy(&attributes)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// False: fuller than the bounds; the caller stops reading its socket.
    func add(_ commands: [StoreCommand]) -> Bool {
        locked {
            guard !isClosed else { return true }
            waiting.commands += commands
            for case .send(let submission, _) in commands { waitingBytes += submission.content.byteCount }
            pthread_cond_signal(condition)
            let isFull = waiting.commands.count > limits.queuedCommands || waitingBytes > limits.queuedBytes
            saidFull = saidFull || isFull
            return !isFull
        }
    }

    /// False: the store has ended, and the question will not be asked.
    func add(question: @escaping Question) -> Bool {
        locked {
            guard !isClosed else { return false }
            waiting.questions.append(question)
            pthread_cond_signal(condition)
            return true
        }
    }

    /// What waits now; the lock is held for no longer than it takes to look.
    var backlog: StoreBacklog { locked { StoreBacklog(commands: waiting.commands.count, bytes: waitingBytes) } }

    /// No more is taken in after this.
    func close() {
        locked {
            waiting.isShutdown = true
            isClosed = true
            pthread_cond_signal(condition)
        }
    }

    /// Takes everything, waiting for something until `deadline` (monotonic nanoseconds; nil: for as long as it takes).
    ///
    /// `hadBeenFull`: somebody was told so and waits to hear that there is room.
    func take(until deadline: UInt64?) -> (batch: Batch, hadBeenFull: Bool) {
        locked {
            while waiting.isEmpty {
                guard let deadline else {
                    pthread_cond_wait(condition, mutex)
                    continue
                }
                var time = timespec(
                    tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
                if pthread_cond_timedwait(condition, mutex, &time) == ETIMEDOUT { break }
            }
            defer {
                waiting = Batch()
                waitingBytes = 0
                saidFull = false
            }
            return (waiting, saidFull)
        }
    }

    private func locked<Result>(_ body: () -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body()
    }
}
