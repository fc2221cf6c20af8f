import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import RestanteCore

@testable import RestanteGateway

/// A store that answers by script, on a thread of its own, and remembers what it was told.
final class ScriptedStore: MessageStore, SessionDirectory {
    typealias Script = @Sendable (StoreCommand) -> [StoreEvent]

    private struct State {
        var sink: (any StoreSink)?
        var commands: [StoreCommand] = []
        var hasRoom = true
        var isShut = false
        var waiters: [(matches: @Sendable (StoreCommand) -> Bool, found: CheckedContinuation<StoreCommand, Never>)] = []
    }

    private let state = NIOLockedValueBox(State())
    private let script: Script
    private let thread = MultiThreadedEventLoopGroup.singleton.next()

    /// Set when the gateway has asked the store to end.
    let shutdownBegan = OneShot<Void>()
    private let mayEnd = OneShot<Void>()

    /// - Parameter holdsShutdown: the end waits for ``letShutdownEnd()``.
    init(_ script: @escaping Script = ScriptedStore.agreeable, holdsShutdown: Bool = false) {
        self.script = script
        if !holdsShutdown { mayEnd.set(()) }
    }

    /// Grants every claim and read, accepts every send, and confirms every acknowledgement.
    static let agreeable: Script = { command in
        switch command {
        case .claim(let claim): [.claimed(claim.session, claimed(claim.address))]
        case .read(let session): [.page(session, [], more: false)]
        case .send(let submission, let origin):
            [.sent(submission.id, .accepted(at: 1000, duplicate: false), to: origin)]
        case .acknowledge(let session, let through): [.acknowledged(session, through: through)]
        case .request(.overview, let id, let origin):
            [.replied(.failure(Refusal(.notAllowed, "scripted")), id: id, to: origin)]
        case .request(_, let id, let origin): [.replied(.success(.done), id: id, to: origin)]
        case .release, .pause, .woken: []
        }
    }

    static func claimed(_ address: DeviceAddress) -> Claimed {
        Claimed(
            address: address, generation: 1, epoch: "epoch", pending: Pending(messages: 3, bytes: 30), serverTime: 1000)
    }

    func start(reportingTo sink: any StoreSink) { state.withLockedValue { $0.sink = sink } }

    @discardableResult
    func enqueue(_ commands: [StoreCommand]) -> Bool {
        let (found, hasRoom, isShut) = state.withLockedValue { state in
            state.commands += commands
            var found: [(CheckedContinuation<StoreCommand, Never>, StoreCommand)] = []
            for command in commands {
                while let index = state.waiters.firstIndex(where: { $0.matches(command) }) {
                    found.append((state.waiters.remove(at: index).found, command))
                }
            }
            return (found, state.hasRoom, state.isShut)
        }
        for (waiter, command) in found { waiter.resume(returning: command) }
        if !isShut { report(commands.flatMap(script)) }
        return hasRoom
    }

    func shutdown() async {
        state.withLockedValue { $0.isShut = true }
        shutdownBegan.set(())
        await mayEnd.value()
        try? await thread.submit {}.get()
    }

    func letShutdownEnd() { mayEnd.set(()) }

    /// Says something of its own accord.
    func report(_ events: [StoreEvent]) {
        guard !events.isEmpty else { return }
        thread.execute { self.sink?.store(committed: events) }
    }

    func fail(_ error: any Error) { thread.execute { self.sink?.store(failed: error) } }

    func setRoom(_ hasRoom: Bool) {
        state.withLockedValue { $0.hasRoom = hasRoom }
        if hasRoom { thread.execute { self.sink?.storeHasRoom() } }
    }

    private var sink: (any StoreSink)? { state.withLockedValue { $0.sink } }

    var commands: [StoreCommand] { state.withLockedValue { $0.commands } }

    /// The session of the first claim, once it has come.
    func claimedSession() async -> SessionID {
        guard case .claim(let claim) = await command(where: { if case .claim = $0 { true } else { false } }) else {
            preconditionFailure("looked for a claim")
        }
        return claim.session
    }

    /// Returns once a session has been released.
    func released() async { _ = await command { if case .release = $0 { true } else { false } } }

    /// The first command that matches, once it has come.
    func command(where matches: @escaping @Sendable (StoreCommand) -> Bool) async -> StoreCommand {
        await withCheckedContinuation { continuation in
            let found = state.withLockedValue { state -> StoreCommand? in
                if let found = state.commands.first(where: matches) { return found }
                state.waiters.append((matches, continuation))
                return nil
            }
            if let found { continuation.resume(returning: found) }
        }
    }

    func sessions(of user: UserName) async throws -> [SessionLocation] { [] }

    func clear(node: String) async throws {}
}
