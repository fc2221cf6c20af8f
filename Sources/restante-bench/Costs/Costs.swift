/// What a process used of the machine between two moments.
struct Costs: Sendable {
    var wallSeconds = 0.0
    /// User and system time of all its threads.
    var cpuSeconds = 0.0
    /// What the kernel counts as written to disk (/proc/PID/io): whole pages of 4 KiB. Nil: it was not asked.
    var diskBytes: Int64?
    /// Nil: nobody counted.
    var calls: Calls?

    static func - (later: Costs, earlier: Costs) -> Costs { later.merged(earlier, with: -, -, -) }
    static func + (one: Costs, other: Costs) -> Costs { one.merged(other, with: +, +, +) }

    private func merged(
        _ other: Costs, with real: (Double, Double) -> Double, _ whole: (Int64, Int64) -> Int64,
        _ counted: (Calls, Calls) -> Calls
    ) -> Costs {
        Costs(
            wallSeconds: real(wallSeconds, other.wallSeconds), cpuSeconds: real(cpuSeconds, other.cpuSeconds),
            diskBytes: diskBytes.flatMap { mine in other.diskBytes.map { whole(mine, $0) } },
            calls: calls.flatMap { mine in other.calls.map { counted(mine, $0) } })
    }

    /// Divided by so many messages.
    func per(_ messages: Int) -> MessageCosts { MessageCosts(self, messages: messages) }
}

/// What one message costs, in the order of a line of JSON.
struct MessageCosts: Sendable, Codable {
    /// Microseconds of user and system time.
    let cpuUsPerMessage: Double
    /// What was handed to write(2) for database and WAL, and of that for the WAL: the rest are checkpoints. Nil: not counted.
    let bytesPerMessage: Double?
    let walBytesPerMessage: Double?
    /// What the kernel counts as written, everything included.
    let diskBytesPerMessage: Double?
    let fsyncsPerMessage: Double?
    /// A second of the wall's time.
    let fsyncsPerS: Double?
    let allocationsPerMessage: Double?

    fileprivate init(_ costs: Costs, messages: Int) {
        func share(_ value: Double) -> Double { messages == 0 ? 0 : value / Double(messages) }
        func share(_ value: Int64) -> Double { share(Double(value)) }
        cpuUsPerMessage = share(costs.cpuSeconds * 1e6).rounded(toPlaces: 3)
        bytesPerMessage = costs.calls.map { share($0.storeBytes).rounded(toPlaces: 1) }
        walBytesPerMessage = costs.calls.map { share($0.walBytes).rounded(toPlaces: 1) }
        diskBytesPerMessage = costs.diskBytes.map { share($0).rounded(toPlaces: 1) }
        fsyncsPerMessage = costs.calls.map { share($0.fsyncs).rounded(toPlaces: 6) }
        fsyncsPerS = costs.calls.map { (Double($0.fsyncs) / max(costs.wallSeconds, 1e-9)).rounded(toPlaces: 1) }
        allocationsPerMessage = costs.calls.map { share($0.allocations).rounded(toPlaces: 3) }
    }

    /// For a table: µs, bytes, fsyncs, allocations.
    var cells: [String] {
        [
            String(cpuUsPerMessage.rounded(toPlaces: 2)), bytesPerMessage.map { String(Int($0.rounded())) } ?? "-",
            fsyncsPerMessage.map { String($0.rounded(toPlaces: 4)) } ?? "-",
            allocationsPerMessage.map { String($0.rounded(toPlaces: 1)) } ?? "-",
        ]
    }
}

extension Double {
    /// Digits that say nothing make a line unreadable.
    func rounded(toPlaces places: Int) -> Double {
        var scale = 1.0
        for _ in 0..<places { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
