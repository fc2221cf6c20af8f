import Glibc

/// What a part of a run took of the server and of the generator.
struct Effort: Sendable, Encodable {
    var messages: Int
    var seconds: Double
    var messagesPerSecond: Double
    /// Microseconds of processor time a message, user and system, of all threads.
    var serverCPUMicroseconds: Double
    var generatorCPUMicroseconds: Double
    /// Share of the time in which the thread of the generator's event loop ran.
    var loopBusy: Double
    /// Cores that both processes used together.
    var coresUsed: Double

    /// Whether a faster server would not have shown: the generator's one thread was busy throughout, or it cost more than the
    /// server.
    var generatorSaturated: Bool

    func rows(_ name: String, _ unit: String) -> [(String, String)] {
        var rows = [
            (name, "\(Int(messagesPerSecond)) \(unit)/s: \(messages) in \(seconds.short) s"),
            (
                "  CPU a message",
                "server \(serverCPUMicroseconds.short) µs, generator \(generatorCPUMicroseconds.short) µs; its loop ran for "
                    + "\((loopBusy * 100).short) % of the time, both used \(coresUsed.short) cores"
            ),
        ]
        if generatorSaturated {
            rows.append(
                ("  GENERATOR SATURATED", "it was the bottleneck: these figures say less than the server can do"))
        }
        return rows
    }
}

/// Where both processes stood when a part of a run began.
struct EffortMark: Sendable {
    fileprivate let began = ContinuousClock.now
    fileprivate let server: ProcessFigures
    fileprivate let generator: Double
    fileprivate let loop: Double
}

extension LoadGenerator {
    /// What `body` takes, which brings so many messages about.
    func measured(_ messages: Int, _ body: () async throws -> Void) async throws -> Effort {
        let mark = try await mark()
        try await body()
        return try await effort(since: mark, messages: messages)
    }

    func mark() async throws -> EffortMark {
        let loop = try await onLoop { CPUClock.thread }
        return EffortMark(server: server.figures, generator: CPUClock.process, loop: loop)
    }

    /// What was used since then, for so many messages.
    func effort(since mark: EffortMark, messages: Int) async throws -> Effort {
        let seconds = (ContinuousClock.now - mark.began) / .seconds(1)
        let server = server.figures.cpuSeconds - mark.server.cpuSeconds
        let generator = CPUClock.process - mark.generator
        let loop = try await onLoop { CPUClock.thread } - mark.loop
        let each = { (cpu: Double) in cpu * 1e6 / Double(max(messages, 1)) }
        return Effort(
            messages: messages, seconds: seconds, messagesPerSecond: Double(messages) / seconds,
            serverCPUMicroseconds: each(server), generatorCPUMicroseconds: each(generator), loopBusy: loop / seconds,
            coresUsed: (server + generator) / seconds,
            generatorSaturated: loop / seconds > 0.9 || (server > 0 && generator > server))
    }
}

/// Processor time of this process, in seconds.
private enum CPUClock {
    static var process: Double { read(CLOCK_PROCESS_CPUTIME_ID) }
    /// Of the thread that asks.
    static var thread: Double { read(CLOCK_THREAD_CPUTIME_ID) }

    private static func read(_ clock: clockid_t) -> Double {
        var time = timespec()
        clock_gettime(clock, &time)
        return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
    }
}
