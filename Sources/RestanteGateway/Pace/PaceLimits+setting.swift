extension PaceLimits {
    /// A user may do so much of it in the rate's time; what its devices and connections may, and the bursts, change in
    /// proportion. 0: as much as they like.
    public mutating func limitUsers(_ rate: WritableKeyPath<Allowance, Rate?>, to count: Int) {
        limit([\.user, \.device], rate, to: count)
    }

    /// The same for a service.
    public mutating func limitServices(_ rate: WritableKeyPath<Allowance, Rate?>, to count: Int) {
        limit([\.service], rate, to: count)
    }

    /// The same for an address.
    public mutating func limitAddresses(_ rate: WritableKeyPath<Allowance, Rate?>, to count: Int) {
        limit([\.address], rate, to: count)
    }

    /// Connections that are taken from the backlog in a second.
    public mutating func limitAccepts(to count: Int) {
        accepts = accepts.scaled(by: Double(count) / Double(accepts.count))
    }

    private mutating func limit(
        _ allowances: [WritableKeyPath<PaceLimits, Allowance>], _ rate: WritableKeyPath<Allowance, Rate?>, to count: Int
    ) {
        guard let first = allowances.first, let before = self[keyPath: first][keyPath: rate] else { return }
        let factor = Double(count) / Double(before.count)
        for allowance in allowances {
            let scaled = self[keyPath: allowance][keyPath: rate]?.scaled(by: factor)
            self[keyPath: allowance][keyPath: rate] = count == 0 ? nil : scaled
        }
        // A socket must not be read slower than what it may bring.
        if rate == \Allowance.bytes, allowances.contains(\.user) {
            connection.bytes = count == 0 ? nil : connection.bytes?.scaled(by: max(factor, 1))
        }
        if rate == \Allowance.messages, allowances.contains(\.user) {
            connection.frames = count == 0 ? nil : connection.frames?.scaled(by: max(factor, 1))
        }
    }
}
