/// The parts of a message's life that are measured one after the other.
struct Phases<Value> {
    var stored: Value
    var drained: Value
    var swept: Value

    func map<Other>(_ change: (Value) -> Other) -> Phases<Other> {
        Phases<Other>(stored: change(stored), drained: change(drained), swept: change(swept))
    }
}

extension Phases: Sendable where Value: Sendable {}
extension Phases: Encodable where Value: Encodable {}
extension Phases: Decodable where Value: Decodable {}

extension Phases where Value == Calls {
    /// - Parameter readings: four, where a phase begins or ends.
    init(between readings: [Calls]) {
        self.init(
            stored: readings[1] - readings[0], drained: readings[2] - readings[1], swept: readings[3] - readings[2])
    }
}

extension Phases where Value == Costs {
    /// - Parameter readings: four, where a phase begins or ends.
    init(between readings: [Costs]) {
        self.init(
            stored: readings[1] - readings[0], drained: readings[2] - readings[1], swept: readings[3] - readings[2])
    }

    var life: Costs { stored + drained + swept }
}
