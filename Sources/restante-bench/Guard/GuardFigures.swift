/// What a message costs in one phase, in figures that are the same on any machine; or the most that it may.
struct GuardFigures: Codable {
    var allocationsPerMessage: Double
    var bytesPerMessage: Double
    var fsyncsPerMessage: Double
    var instructionsPerMessage: Double
    /// As a multiple of what the program in C costs.
    var bytesToC: Double
    var instructionsToC: Double

    /// With their names, and by how much each may grow before the guard says so.
    private static var fields: [(name: String, path: WritableKeyPath<GuardFigures, Double>, margin: Double)] {
        [
            ("allocations", \.allocationsPerMessage, 1.02), ("bytes", \.bytesPerMessage, 1.02),
            // A commit more is a commit more.
            ("fsyncs", \.fsyncsPerMessage, 1),
            // What another build of SQLite, libc or the compiler changes.
            ("instructions", \.instructionsPerMessage, 1.04), ("bytes to C", \.bytesToC, 1.15),
            ("instructions to C", \.instructionsToC, 1.15),
        ]
    }

    /// The most that is allowed from now on.
    var withMargins: GuardFigures {
        var limits = self
        for (_, path, margin) in Self.fields {
            limits[keyPath: path] = (self[keyPath: path] * margin).rounded(toPlaces: 6)
        }
        return limits
    }

    /// A line for each figure, and whether it is within its limit.
    func lines(beside limits: GuardFigures?) -> [(text: String, holds: Bool)] {
        Self.fields.map { name, path, _ in
            let value = self[keyPath: path].rounded(toPlaces: 6)
            guard let most = limits?[keyPath: path] else { return ("\(name) \(value.brief)", true) }
            let holds = value <= most
            return ("\(name) \(value.brief), at most \(most.brief)\(holds ? "" : ": TOO MANY")", holds)
        }
    }
}

extension Double {
    /// Four digits, or all before the point.
    fileprivate var brief: String {
        switch abs(self) {
        case 1000...: String(Int(rounded()))
        case 1...: String(rounded(toPlaces: 3))
        default: String(rounded(toPlaces: 6))
        }
    }
}
