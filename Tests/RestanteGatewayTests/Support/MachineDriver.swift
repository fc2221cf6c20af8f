import RestanteCore
import RestanteWire

@testable import RestanteGateway

/// Feeds a session's state machine, and collects what it wants done.
struct MachineDriver {
    static let session = SessionID(256)
    static let limits: Limits = {
        var limits = Limits()
        limits.windowMessages = 4
        limits.windowBytes = 100
        return limits
    }()
    static let claimed = ScriptedStore.claimed(TestKeys.alice)

    /// Whether a turn to read comes as soon as it is asked for.
    var givesTurns = true
    private var machine = SessionStateMachine(
        session: session, address: TestKeys.alice, expiresAt: 5_000_000, limits: limits)

    mutating func take(_ event: SessionEvent) -> [SessionAction] {
        var actions: [SessionAction] = []
        machine.handle(event, into: &actions)
        guard givesTurns else { return actions }
        return actions.flatMap { $0 == .askTurn ? take(.turnCame) : [$0] }
    }

    /// What all the events together bring about.
    mutating func take(_ events: [SessionEvent]) -> [SessionAction] { events.flatMap { take($0) } }

    /// A session that is open and has asked for its first page.
    static func open() -> MachineDriver {
        var driver = MachineDriver()
        _ = driver.take([.claimed(claimed), .opened])
        return driver
    }

    /// A session that has read all there was.
    static func live() -> MachineDriver {
        var driver = open()
        _ = driver.take(.page([], more: false))
        return driver
    }
}

extension SessionAction {
    static let read = SessionAction.enqueue(.read(MachineDriver.session))
    static let pause = SessionAction.enqueue(.pause(MachineDriver.session))
    static let release = SessionAction.enqueue(.release(MachineDriver.session))

    static func request(_ id: UInt64) -> SessionAction {
        .enqueue(.request(.listGroups, id: id, from: .session(MachineDriver.session)))
    }

    static func acknowledge(_ through: UInt64) -> SessionAction {
        .enqueue(.acknowledge(MachineDriver.session, through: through))
    }
}

extension Delivery {
    /// A message of so many bytes.
    static func message(_ tag: UInt64, bytes: Int = 1) -> Delivery {
        Delivery(tag: tag, owed: .message(.test(bytes: bytes)))
    }
}

extension Message {
    static func test(bytes: Int = 1) -> Message {
        Message(
            id: MessageID(high: 0x7000, low: 0x8000_0000_0000_0001), from: .device(TestKeys.alice),
            conversation: .user(UserName(unchecked: "bob")),
            acceptedAt: 1000, kind: .message, urgency: .normal, payload: .init(repeating: 7, count: bytes))
    }
}
