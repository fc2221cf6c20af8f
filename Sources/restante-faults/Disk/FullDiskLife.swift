import FaultKit
import RestanteCore
import RestanteStore

/// A sender and a reader on a disk that fills up and gets room again.
final class FullDiskLife {
    private let disk: SmallDisk
    private var numbers: SeededNumbers
    private var lastSession: UInt64 = 0
    private var owed: [MessageID] = []
    private(set) var rounds = 0
    private(set) var accepted = 0
    private(set) var refused = 0
    private(set) var restarts = 0

    init(disk: SmallDisk, numbers: SeededNumbers) {
        self.disk = disk
        self.numbers = numbers
    }

    func run(rounds: Int) async throws {
        var caller = try open()
        _ = try await connect("bob", caller)
        for _ in 1...rounds {
            try await send(20, caller)
            disk.fill()
            try await sendUntilRefused(caller)
            if Bool.random(using: &numbers) { try await readAll(caller) }
            if Bool.random(using: &numbers) {
                await caller.store.shutdown()
                caller = try open()
                restarts += 1
                guard try await send(1, caller) == 0 else { throw BrokenPromise("accepted after a start while full") }
            }
            try await readAll(caller)
            disk.makeRoom()
            try await recover(caller)
            self.rounds += 1
        }
        await caller.store.shutdown()
        let store = try SteppedStore(path: path, options: StoreOptions())
        defer { store.close() }
        if let problem = try store.problems().first { throw BrokenPromise("integrity_check: \(problem)") }
    }

    private var path: String { disk.folder + "/mail.db" }

    private func open() throws -> StoreCaller {
        var options = StoreOptions()
        options.reserveBytes = 4 << 20
        return try StoreCaller(path: path, options: options)
    }

    private func connect(_ user: String, _ caller: StoreCaller) async throws -> SessionID {
        lastSession += 1
        let session = SessionID(lastSession)
        let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: "phone"))
        let events = try await caller.perform([
            .claim(Claim(session: session, address: address, tokenIssuedAt: .max / 2000))
        ])
        for case .claimRefused(_, let refusal) in events { throw BrokenPromise("\(user) is refused: \(refusal)") }
        return session
    }

    /// As a service, which needs no registration; how many were accepted.
    @discardableResult
    private func send(_ count: Int, _ caller: StoreCaller) async throws -> Int {
        let sender = Origin.service(CallID(1), ServiceName(unchecked: "news"), issuedAt: .max)
        let commands = (0..<count).map { _ in
            let payload = [UInt8](repeating: 7, count: Int.random(in: 1...16_384, using: &numbers))
            let id = MessageID(at: StoreClock.wall.now())
            return StoreCommand.send(
                Submission(id: id, to: .user(UserName(unchecked: "bob")), content: .payload(payload)), from: sender)
        }
        let before = owed.count
        for case .sent(let id, let outcome, _) in try await caller.perform(commands) {
            switch outcome {
            case .accepted: owed.append(id)
            case .rejected(let refusal) where refusal.code == .storageFull && refusal.retryAfter != nil: refused += 1
            default: throw BrokenPromise("a full disk is answered \(outcome)")
            }
        }
        accepted += owed.count - before
        return owed.count - before
    }

    private func sendUntilRefused(_ caller: StoreCaller) async throws {
        for _ in 1...2000 where try await send(3, caller) == 0 { return }
        throw BrokenPromise("the disk never became full")
    }

    /// Bob gets all that was accepted, in order, and acknowledges it, whatever the disk is like.
    private func readAll(_ caller: StoreCaller) async throws {
        let session = try await connect("bob", caller)
        var got: [MessageID] = []
        while true {
            var last: UInt64?
            var isBehind = false
            for case .page(session, let page, let more) in try await caller.perform([.read(session)]) {
                isBehind = more
                for delivery in page {
                    last = delivery.tag
                    if case .message(let message) = delivery.owed, message.kind == .message { got.append(message.id) }
                }
            }
            if let last {
                let told = try await caller.perform([.acknowledge(session, through: last)])
                let isTold = told.contains { if case .acknowledged(session, last) = $0 { true } else { false } }
                guard isTold else { throw BrokenPromise("an acknowledgement was not answered") }
            }
            if !isBehind { break }
        }
        guard got == owed else { throw BrokenPromise("bob got \(got.count) messages where \(owed.count) are owed") }
        owed = []
        _ = try await caller.perform([.release(session)])
    }

    /// By itself: nobody does anything but send.
    private func recover(_ caller: StoreCaller) async throws {
        for _ in 1...100 {
            if try await send(1, caller) == 1 { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw BrokenPromise("it has not recovered ten seconds after there was room")
    }
}
