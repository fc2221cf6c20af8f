import Foundation
import RestanteCore
import RestanteStore

/// A store whose steps are measured one after the other, on this thread.
final class WakesRun {
    private static let batch = 128

    private let path: String
    private let traffic: StoreTraffic
    private let devices: Int
    private var store: SteppedStore
    private var wakes: [Wake] = []

    /// Registers the devices and their group; all but the sender leave.
    init(_ path: String, devices: Int) throws {
        let scenario = StoreScenario(
            name: "wakes", devices: devices, groups: 1, membersPerGroup: devices, messages: 0, batch: Self.batch,
            reconnects: true)
        traffic = StoreTraffic(scenario: scenario)
        (self.path, self.devices) = (path, devices)
        store = try SteppedStore(path: path, options: Self.options(scenario), checkpointPages: 1000)
        _ = try store.run([traffic.claim(StoreTraffic.sender, "sender")])
        try inBatches(devices) { _ = try store.run(traffic.registration(of: $0)) }
        _ = try store.run([traffic.creation(of: 0)])
    }

    deinit { store.close() }

    private static func options(_ scenario: StoreScenario) -> StoreOptions {
        var options = StoreOptions(limits: scenario.limits)
        options.wakes.providers = [.apns]
        options.wakes.afterClose = 0
        return options
    }

    /// Everyone says where it is woken, and leaves with nothing unread.
    func registerTargets() throws {
        try inBatches(devices) { places in
            _ = try store.run(
                places.flatMap { place -> [StoreCommand] in
                    let session = StoreTraffic.session(place)
                    let target = PushTarget.apns(token: "\(place)", topic: "org.example", sandbox: false)
                    return [
                        traffic.claim(place),
                        .request(.registerPush(target, PushDisplay()), id: 1, from: .session(session)),
                        .release(session),
                    ]
                })
        }
        // What waits since before is for a first wake-up, which nobody measures.
        wakes = try store.wakes()
        _ = try answer()
    }

    /// Microseconds a message.
    func send(_ count: Int, _ urgency: Urgency = .normal) throws -> Double {
        wakes = []
        return try microseconds {
            try inBatches(count) { numbers in
                _ = try store.run(numbers.map { _ in message(urgency) })
                wakes += try store.wakes()
            }
        } / Double(count)
    }

    /// Microseconds until all who are to be woken for one message are known.
    func sendOne() throws -> Double {
        let took = try send(1, .urgent)
        guard wakes.count == devices else { throw BenchError("\(wakes.count) of \(devices) are woken") }
        return took
    }

    /// The provider takes all: microseconds a device.
    func answer() throws -> Double {
        try microseconds {
            try inBatches(wakes.count) { _ = try store.run(wakes[$0].map { .woken($0, .sent) }) }
        } / Double(wakes.count)
    }

    /// Microseconds a device until the next process knows that nobody is to be woken.
    func restart() throws -> Double {
        store.close()
        store = try SteppedStore(path: path, options: Self.options(traffic.scenario), checkpointPages: 1000)
        let took = try microseconds { wakes = try store.wakes() }
        guard wakes.isEmpty else { throw BenchError("\(wakes.count) are woken again after a start") }
        return took / Double(devices)
    }

    // MARK: Steps

    private func message(_ urgency: Urgency) -> StoreCommand {
        .send(
            Submission(
                id: MessageID(at: StoreClock.wall.now()), to: .group(GroupName(unchecked: "group0")),
                content: .payload(Payload(repeating: 7, count: traffic.scenario.payloadBytes)), urgency: urgency),
            from: .session(StoreTraffic.sender))
    }

    private func inBatches(_ count: Int, _ body: (Range<Int>) throws -> Void) throws {
        for start in stride(from: 0, to: count, by: Self.batch) { try body(start..<min(start + Self.batch, count)) }
    }

    private func microseconds(_ body: () throws -> Void) rethrows -> Double {
        let began = ContinuousClock.now
        try body()
        return (ContinuousClock.now - began) / .microseconds(1)
    }
}
