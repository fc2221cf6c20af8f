import RestanteCore

@testable import RestanteClient

/// A generator whose draws are all the same, so that a test knows what jitter comes out: 1 the least, .max the most.
///
/// Not 0: `Int64.random(in:using:)` draws again for ever after a 0, to be fair.
struct FixedGenerator: RandomNumberGenerator {
    var value: UInt64
    mutating func next() -> UInt64 { value }
}

struct Unexpected: Error {}

enum Sample {
    static let alice = DeviceAddress(user: UserName(unchecked: "alice"), device: DeviceName(unchecked: "phone"))
    static let bob = UserName(unchecked: "bob")

    static func id(_ number: UInt64) -> MessageID {
        MessageID(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | number)
    }

    static func submission(_ number: UInt64, ephemeral: Bool = false) -> Submission {
        Submission(id: id(number), to: .user(bob), content: .payload([1, 2, 3]), ephemeral: ephemeral)
    }

    static let welcome = Welcome(
        session: "s", address: alice, epoch: "e", pending: Pending(messages: 0, bytes: 0), messageBytes: 1024,
        dedupeHorizon: 60, serverTime: 1)

    static func message(_ number: UInt64) -> Message {
        Message(
            id: id(number), from: .device(alice), conversation: .user(bob), acceptedAt: 1, kind: .message,
            urgency: .normal, payload: [9])
    }
}

extension ClientStateMachine {
    init(_ adjust: (inout Settings) -> Void = { _ in }) {
        var settings = Settings()
        adjust(&settings)
        self.init(settings: settings)
    }

    /// Connects and is welcomed; what that led to.
    mutating func connect(_ welcome: Welcome = Sample.welcome) -> [Action] {
        _ = nextStep()
        _ = opened()
        return received(.welcome(welcome))
    }

    mutating func disconnected(_ disconnection: Disconnection) -> [Action] {
        var generator = FixedGenerator(value: 1)
        return disconnected(disconnection, using: &generator)
    }
}
