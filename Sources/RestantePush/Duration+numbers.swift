/// Durations as numbers, for messages and metrics.
extension Duration {
    /// Whole ones; what is left is dropped.
    package var milliseconds: Int64 { components.seconds * 1000 + components.attoseconds / 1_000_000_000_000_000 }

    package var seconds: Double { Double(components.seconds) + Double(components.attoseconds) / 1e18 }
}
