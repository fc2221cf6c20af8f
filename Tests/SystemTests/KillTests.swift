import Foundation
import RestanteClient
import RestanteCore
import Synchronization
import Testing

extension SystemTests {
    /// P1 to P5 while the server is killed again and again.
    @Suite struct KillTests {
        private static let kills = 8

        private static let lanes = [
            Ledger.Lane(name: "alice-bob", sender: "alice", recipient: .user("bob"), readers: ["bob"]),
            Ledger.Lane(name: "alice-club", sender: "alice", recipient: .group("club"), readers: ["bob", "carol"]),
            Ledger.Lane(name: "dave-bob", sender: "dave", recipient: .user("bob"), readers: ["bob"]),
            Ledger.Lane(name: "dave-club", sender: "dave", recipient: .group("club"), readers: ["bob", "carol"]),
            Ledger.Lane(name: "dave-carol", sender: "dave", recipient: .device("carol", "phone"), readers: ["carol"]),
        ]

        @Test func nothingIsLostAndNothingComesBack() async throws {
            let seed = SeededGenerator.seed()
            try await ServerProcess.with { server in
                let ledger = Ledger(Self.lanes)
                try await makeClub(on: server)
                let isOver = Watched(false)
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for sender in ["alice", "dave"] {
                        tasks.addTask { try await send(as: sender, on: server, ledger, until: isOver) }
                    }
                    for (index, reader) in ["bob", "carol"].enumerated() {
                        let generator = SeededGenerator(seed: seed &+ UInt64(index) &+ 1)
                        tasks.addTask { try await read(as: reader, on: server, ledger, generator, until: isOver) }
                    }
                    tasks.addTask {
                        try await killAgainAndAgain(server, ledger, SeededGenerator(seed: seed))
                        isOver.change { $0 = true }
                    }
                    try await tasks.waitForAll()
                }
                try await expectNothingLost(server, ledger, seed)
                try await expectTheRestComes(server, ledger, seed)
            }
        }

        @Test func whatWasAcceptedBeforeAKillIsADuplicateAfterIt() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                try await Device.with("alice", on: server) { alice in
                    for _ in 1...5 {
                        let id = MessageID.fresh()
                        let first = try await alice.send("once", to: .user("bob"), id: id)
                        try await server.kill()
                        try await server.startAgain()
                        let second = try await alice.send("once", to: .user("bob"), id: id)
                        guard case .accepted(let at, false) = first else { throw Unexpected(first) }
                        #expect(second == .accepted(at: at, duplicate: true))
                    }
                }
                let heard = try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    return bob.events.now.texts
                }
                #expect(heard == Array(repeating: "once", count: 5))
            }
        }

        private func makeClub(on server: ServerProcess) async throws {
            for user in ["bob", "carol", "dave"] {
                try await Device.with(user, on: server) { try await $0.untilDrained() }
            }
            try await Device.with("alice", on: server) { alice in
                let members = ["bob", "carol", "dave"].map(UserName.init(unchecked:))
                _ = try await alice.client.request(.createGroup(GroupName(unchecked: "club"), members: members))
            }
        }

        /// Each lane by itself, so that several sends are on the way whenever the server is killed.
        private func send(
            as sender: String, on server: ServerProcess, _ ledger: Ledger, until isOver: Watched<Bool>
        ) async throws {
            try await Device.with(sender, on: server) { device in
                try await withThrowingTaskGroup(of: Void.self) { tasks in
                    for lane in ledger.lanes where lane.sender == sender {
                        tasks.addTask { try await fill(lane, from: device, ledger, until: isOver) }
                    }
                    try await tasks.waitForAll()
                }
            }
        }

        private func fill(
            _ lane: Ledger.Lane, from device: Device, _ ledger: Ledger, until isOver: Watched<Bool>
        ) async throws {
            var number = 0
            while !isOver.now {
                number += 1
                let entry = Ledger.Entry(lane, number)
                let id = MessageID.fresh()
                let answer = try await device.send("\(entry)", to: lane.recipient, id: id)
                guard case .accepted(_, let duplicate) = answer else { throw Unexpected(answer) }
                ledger.wasAccepted(entry, id, duplicate: duplicate)
            }
        }

        /// Comes and goes, so that mail piles up and is drained in pages; acknowledges now and then.
        private func read(
            as reader: String, on server: ServerProcess, _ ledger: Ledger, _ generator: SeededGenerator,
            until isOver: Watched<Bool>
        ) async throws {
            let generator = Mutex(generator)
            while !isOver.now {
                let stay = generator.withLock { Int.random(in: 20...400, using: &$0) }
                try await listen(as: reader, on: server, ledger) {
                    generator.withLock { Int.random(in: 1...4, using: &$0) == 1 }
                } until: {
                    $0.messages.count >= stay || isOver.now
                }
                let away = ledger.count.now + generator.withLock { Int.random(in: 0...300, using: &$0) }
                try await ledger.count.first { $0 >= away || isOver.now ? () : nil }
            }
        }

        private func listen(
            as reader: String, on server: ServerProcess, _ ledger: Ledger,
            acknowledging: @escaping @Sendable () -> Bool, until isEnough: ([ClientEvent]) -> Bool
        ) async throws {
            ledger.begins(reader)
            let answer: Device.Answer = { event, client in
                ledger.saw(event, by: reader)
                guard case .delivery(_, let token) = event, acknowledging() else { return }
                ledger.acknowledges(token, by: reader)
                client.acknowledge(through: token)
            }
            try await Device.with(reader, on: server, answer: answer) { device in
                try await device.events.first { isEnough($0) ? () : nil }
            }
        }

        private func killAgainAndAgain(
            _ server: ServerProcess, _ ledger: Ledger, _ generator: SeededGenerator
        ) async throws {
            var generator = generator
            for _ in 1...Self.kills {
                let target = ledger.count.now + Int.random(in: 30...600, using: &generator)
                try await ledger.count.first { $0 >= target ? () : nil }
                try await server.kill()
                try await server.startAgain()
            }
        }

        /// The file says what is owed; it is looked at while no server has it open.
        private func expectNothingLost(_ server: ServerProcess, _ ledger: Ledger, _ seed: UInt64) async throws {
            try await server.kill()
            let check = try await server.home.sqlite3("PRAGMA integrity_check", readOnly: false)
            #expect(check.output == "ok\n", "seed \(seed): \(check)")
            let waiting = try await server.home.sqlite3("SELECT user, message_id FROM waiting", readOnly: false)
            var owed: [String: Set<String>] = [:]
            for line in waiting.lines {
                let columns = line.split(separator: "|")
                owed[String(columns[0]), default: []].insert(String(columns[1]))
            }
            #expect(ledger.acceptedCount > Self.kills * 30, "seed \(seed): too little to say anything")
            #expect(!owed.isEmpty, "seed \(seed): nothing was owed, so that nothing was looked at")
            #expect(ledger.broken == [], "seed \(seed)")
            #expect(ledger.lost(owed: owed) == [], "seed \(seed)")
            #expect(ledger.unforgotten(owed: owed) == [], "seed \(seed)")
            print("\(ledger.acceptedCount) accepted, \(ledger.duplicates) of them twice; \(waiting.lines.count) owed")
        }

        /// What is still owed comes, in its order, and only that.
        private func expectTheRestComes(_ server: ServerProcess, _ ledger: Ledger, _ seed: UInt64) async throws {
            try await server.startAgain()
            for reader in ["bob", "carol"] {
                try await listen(as: reader, on: server, ledger) {
                    true
                } until: {
                    $0.contains(.drained) && $0.acknowledgesAll
                }
            }
            #expect(ledger.broken == [], "seed \(seed)")
            #expect(ledger.unsettled == [], "seed \(seed)")
        }
    }

    struct Unexpected: Error {
        var answer: SendAnswer
        init(_ answer: SendAnswer) { self.answer = answer }
    }
}
