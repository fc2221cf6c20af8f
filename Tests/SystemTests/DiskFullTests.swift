import Foundation
import RestanteClient
import RestanteCore
import Testing

extension SystemTests {
    /// A file system that is really full, under a running server.
    @Suite struct DiskFullTests {
        @Test func aFullDiskRefusesSendersAndRecoversByItself() async throws {
            try await SmallDisk.with(megabytes: 24) { disk in
                let server = try await ServerProcess(disk.home, ["--reserve-bytes", "4194304"])
                do {
                    try await fillAndRecover(server, disk)
                } catch {
                    server.program.signal(SIGKILL)
                    throw error
                }
            }
        }

        private func fillAndRecover(_ server: ServerProcess, _ disk: SmallDisk) async throws {
            try await Device.with("bob", on: server) { try await $0.untilDrained() }
            try await Device.with("alice", on: server) { alice in
                var accepted = try await send(10, as: alice)
                try disk.fill()
                accepted += try await sendUntilFull(alice)
                #expect(try await server.program.errors.line(with: "the disk is full") != nil)
                try await expectNothingGrows(alice)
                try await expectNewDeviceIsRefused(server)
                try await expectEverythingArrives(accepted, on: server)

                // A restart while it is full.
                #expect(try await server.terminate() == 0)
                try await server.startAgain()
                try await expectNothingGrows(alice)
                try await Device.with("bob", on: server) { try await $0.untilDrained() }

                try disk.makeRoom()
                #expect(try await server.program.errors.line(with: "room again") != nil)
                try await Device.with("carol", on: server) { try await $0.untilDrained() }
                let more = try await send(10, as: alice)
                try await expectEverythingArrives(more, on: server)
            }
            #expect(try await server.terminate() == 0)
            #expect(try await server.home.sqlite3("PRAGMA integrity_check", readOnly: false).output == "ok\n")
            let reserve = try FileManager.default.attributesOfItem(atPath: disk.home.database + ".reserve")
            #expect(reserve[.size] as? Int == 4_194_304)
        }

        private func send(_ count: Int, as device: Device) async throws -> [String] {
            var sent: [String] = []
            for _ in 1...count {
                let text = UUID().uuidString + String(repeating: "x", count: 10_000)
                try await device.send(text, to: .user("bob"))
                sent.append(text)
            }
            return sent
        }

        /// What is accepted until the first refusal, which says when to come again.
        private func sendUntilFull(_ device: Device) async throws -> [String] {
            var sent: [String] = []
            while sent.count < 5000 {
                do {
                    sent += try await send(1, as: device)
                } catch let refusal as Refusal {
                    #expect(refusal.code == .storageFull && refusal.retryAfter != nil, "\(refusal)")
                    return sent
                }
            }
            Issue.record("the disk never became full")
            return sent
        }

        private func expectNothingGrows(_ alice: Device) async throws {
            let sending = await #expect(throws: Refusal.self) { try await alice.send("more", to: .user("bob")) }
            #expect(sending?.code == .storageFull)
            let group = GroupName(unchecked: "club")
            let grouping = await #expect(throws: Refusal.self) {
                _ = try await alice.client.request(.createGroup(group, members: [UserName(unchecked: "bob")]))
            }
            #expect(grouping?.code == .storageFull)
        }

        /// One that connects for the first time; those that are known come and drain.
        private func expectNewDeviceIsRefused(_ server: ServerProcess) async throws {
            try await Device.with("carol", on: server) { carol in
                let status = try await carol.events.first { events in
                    events.compactMap { event -> Int? in
                        if case .disconnected(.refused(let status), _) = event { status } else { nil }
                    }.first
                }
                #expect(status == 507)
                // It tries again by itself.
                #expect(carol.end.now == nil)
            }
        }

        private func expectEverythingArrives(_ texts: [String], on server: ServerProcess) async throws {
            let heard = try await Device.with("bob", on: server) { bob in
                try await bob.untilDrained()
                return bob.events.now.texts
            }
            #expect(heard.count == texts.count && heard == texts)
        }
    }
}

/// A home on a file system of its own with little room.
struct SmallDisk {
    let home: Home
    private var filler: URL { home.url.appending(path: "filler") }

    /// Mounts it for `body`; prints why if that cannot be done here.
    static func with(megabytes: Int, _ body: (SmallDisk) async throws -> Void) async throws {
        try await Home.with { home in
            func run(_ program: String, _ arguments: [String]) async throws -> Command {
                try await Command.run("/usr/bin/env", [program] + arguments, in: Home(url: URL(filePath: "/")))
            }
            let mounted = try await run("mount", ["-t", "tmpfs", "-o", "size=\(megabytes)m", "tmpfs", home.url.path])
            guard mounted.status == 0 else {
                return print("skipped: a small file system cannot be mounted here: \(mounted.errors)")
            }
            do {
                try await body(SmallDisk(home: home))
                _ = try await run("umount", ["-l", home.url.path])
            } catch {
                _ = try await run("umount", ["-l", home.url.path])
                throw error
            }
        }
    }

    /// Leaves no room at all.
    func fill() throws {
        _ = FileManager.default.createFile(atPath: filler.path, contents: nil)
        let file = try FileHandle(forWritingTo: filler)
        defer { try? file.close() }
        for size in [1 << 16, 1 << 12] {
            // The last of each size finds no room.
            while (try? file.write(contentsOf: Data(count: size))) != nil {}
        }
    }

    func makeRoom() throws { try FileManager.default.removeItem(at: filler) }
}
