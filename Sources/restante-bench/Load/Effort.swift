import Glibc

/// What a part of a run took of the server and of the generator.
struct Effort: Sendable, Encodable {
    var messages: Int
    var seconds: Double
    var messagesPerSecond: Double
    var server: MessageCosts
    /// Nil: not counted.
    var fsyncsPerSecond: Double?
    /// Microseconds of user and system time.
    var generatorCpuUsPerMessage: Double
    /// Share of the time in which the thread of the generator's event loop ran.
    var loopBusy: Double
    /// Cores that both processes used together.
    var coresUsed: Double
    /// Whether a faster server would not have shown: the generator's one thread was busy throughout, or it cost more than the
    /// server.
    var generatorSaturated: Bool

    /// - Parameters:
    ///   - server: nothing, where it was not started here.
    ///   - generator, loop: seconds of processor time of the whole generator, and of its event loop's thread.
    init(_ messages: Int, seconds: Double, server: Costs, generator: Double, loop: Double) {
        self.messages = messages
        self.seconds = seconds.rounded(toPlaces: 6)
        messagesPerSecond = (Double(messages) / seconds).rounded(toPlaces: 1)
        self.server = server.per(messages)
        fsyncsPerSecond = server.calls.map { (Double($0.fsyncs) / seconds).rounded(toPlaces: 1) }
        generatorCpuUsPerMessage = (generator * 1e6 / Double(max(messages, 1))).rounded(toPlaces: 3)
        loopBusy = (loop / seconds).rounded(toPlaces: 4)
        coresUsed = ((server.cpuSeconds + generator) / seconds).rounded(toPlaces: 3)
        generatorSaturated = loopBusy > 0.9 || (server.cpuSeconds > 0 && generator > server.cpuSeconds)
    }

    /// - Parameter unit: what has been done to a message.
    func rows(_ name: String, _ unit: String) -> [(String, String)] {
        var rows = [
            (name, "\(Int(messagesPerSecond)) \(unit)/s: \(messages) in \(seconds.short) s"),
            ("  the server, a message", "\(server.line)\(fsyncsPerSecond.map { "; \(Int($0)) fsyncs/s" } ?? "")"),
            (
                "  the generator",
                "\(generatorCpuUsPerMessage.short) µs a message; its loop ran for \((loopBusy * 100).short) % of the time; "
                    + "both used \(coresUsed.short) cores"
            ),
        ]
        if generatorSaturated {
            rows.append(
                ("  GENERATOR SATURATED", "it was the bottleneck: these figures say less than the server can do"))
        }
        return rows
    }
}

extension MessageCosts {
    fileprivate var line: String {
        let counted = bytesPerMessage.map { bytes in
            ", \(allocationsPerMessage?.short ?? "-") allocations, \(Int(bytes)) bytes written"
        }
        return "\(cpuUsPerMessage.short) µs\(counted ?? "")"
    }
}

/// Where both processes stood when a part of a run began.
struct EffortMark: Sendable {
    fileprivate let began = ContinuousClock.now
    fileprivate let server: Costs
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
        return EffortMark(server: server.costs, generator: CPUClock.process, loop: loop)
    }

    /// What was used since then, for so many messages.
    func effort(since mark: EffortMark, messages: Int) async throws -> Effort {
        let seconds = (ContinuousClock.now - mark.began) / .seconds(1)
        let (server, generator) = (server.costs - mark.server, CPUClock.process - mark.generator)
        let loop = try await onLoop { CPUClock.thread } - mark.loop
        return Effort(messages, seconds: seconds, server: server, generator: generator, loop: loop)
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
