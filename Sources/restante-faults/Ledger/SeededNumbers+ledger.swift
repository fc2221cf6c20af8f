import FaultKit

extension SeededNumbers {
    /// A generator of its own for somebody, which this one's next number decides.
    mutating func child() -> SeededNumbers { SeededNumbers(seed: next()) }

    /// True once in `count` times.
    mutating func once(in count: Int) -> Bool { Int.random(in: 0..<count, using: &self) == 0 }
}
