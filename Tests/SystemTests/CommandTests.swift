import Foundation
import RestanteCore
import Testing

extension SystemTests {
    /// The session of the README, and what each command prints.
    @Suite struct CommandTests {
        private let secret = "See you at eight, by the old mill"

        @Test func aTextGoesFromAliceToBobAndOnlyCiphertextIsInTheFile() async throws {
            try await ServerProcess.with { server in
                let linked = try await server.restante("listen", "--once", as: "bob/phone")
                #expect(linked.status == 0 && linked.output.isEmpty, "\(linked)")
                let sent = try await server.restante("send", "--to", "bob", secret, as: "alice/laptop")
                #expect(sent.status == 0 && sent.output.hasPrefix("accepted "), "\(sent)")
                let waiting = try await server.home.sqlite3("SELECT user, device, sender, kind FROM waiting")
                #expect(waiting.output == "bob|phone|alice/laptop|message\n", "\(waiting)")
                let status = try await server.home.restante("status", "--database", server.home.database)
                #expect(status.output.contains("held       1 messages"), "\(status)")
                try await expectDevice(of: server, waiting: 1)
                #expect(!server.home.holdsInDatabase(secret))
                let heard = try await server.restante("listen", "--once", as: "bob/phone")
                #expect(heard.output.hasSuffix("alice/laptop → bob: \(secret)\n"), "\(heard)")
                let left = try await server.home.sqlite3("SELECT * FROM waiting")
                #expect(left.status == 0 && left.output.isEmpty, "\(left)")
                try await expectDevice(of: server, waiting: 0)
            }
        }

        private func expectDevice(of server: ServerProcess, waiting: Int) async throws {
            let devices = try await server.home.restante("device", "list", "bob", "--database", server.home.database)
            #expect(devices.output.hasPrefix("phone\t\(waiting) waiting"), "\(devices)")
        }

        @Test func plainTextIsReadableInTheFile() async throws {
            try await ServerProcess.with { server in
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                let sent = try await server.restante("send", "--plain", "--to", "bob", secret, as: "alice/laptop")
                #expect(sent.status == 0, "\(sent)")
                // So that looking for the bytes, above, does find what is there.
                #expect(server.home.holdsInDatabase(secret))
                let heard = try await server.restante("listen", "--once", "--json", as: "bob/phone")
                let line = try JSONDecoder().decode([String: String].self, from: Data(heard.withoutTime.utf8))
                #expect(
                    line["type"] == "message" && line["text"] == secret && line["from"] == "alice/laptop", "\(heard)")
                #expect(line["payload"] == Data(secret.utf8).base64EncodedString(), "\(heard)")
            }
        }

        @Test func groupsAreMadeChangedAndEnded() async throws {
            try await ServerProcess.with { server in
                for user in ["bob", "carol", "alice"] {
                    _ = try await server.restante("listen", "--once", as: "\(user)/phone")
                }
                func group(_ arguments: String..., by user: String = "alice") async throws -> Command {
                    let database = ["--as", "\(user)/phone", "--database", server.home.database]
                    return try await Command.run(
                        Products.restante, ["group"] + arguments + database, in: server.home,
                        environment: ["RESTANTE_URL": server.url])
                }
                #expect(try await group("create", "club", "bob").output == "done; the group's version is 1\n")
                #expect(try await group("add", "club", "carol").output == "done; the group's version is 2\n")
                let info = try await group("info", "club")
                #expect(
                    info.lines.map { $0.prefix { $0 != "\t" } } == ["club  version 2", "alice", "bob", "carol"],
                    "\(info)")
                #expect(info.output.contains("alice\tadmin") && info.output.contains("bob\tmember"), "\(info)")
                #expect(try await group("list", by: "bob").output == "club\tmember\t3 members\tversion 2\n")
                let sent = try await server.restante("send", "--group", "club", secret, as: "alice/phone")
                #expect(sent.status == 0, "\(sent)")
                let heard = try await server.restante("listen", "--once", as: "carol/phone")
                #expect(heard.output.hasSuffix("alice/phone → group club: \(secret)\n"), "\(heard)")
                #expect(try await group("leave", "club", by: "bob").status == 0)
                #expect(try await group("list", by: "bob").output == "")
                #expect(try await group("delete", "club", by: "carol").status == 77)
                #expect(try await group("delete", "club").output == "done\n")
                #expect(try await group("info", "club").status == 65)
            }
        }

        @Test func aMessageIsFollowedAndWithdrawn() async throws {
            try await ServerProcess.with { server in
                _ = try await server.restante("listen", "--once", as: "bob/phone")
                let sent = try await server.restante("send", "--to", "bob", secret, as: "alice/laptop")
                let id = String(try #require(sent.output.split(separator: " ").dropFirst().first))
                let again = try await server.restante(
                    "send", "--plain", "--to", "bob", "--id", id, "another", as: "alice/laptop")
                #expect(again.status == 65 && again.errors.contains("id_conflict"), "\(again)")
                let pending = try await server.restante("status", id, as: "alice/laptop")
                #expect(pending.output.hasSuffix("bob/phone\tpending\n"), "\(pending)")
                #expect(try await server.restante("cancel", id, as: "alice/laptop").output == "cancelled\n")
                let cancelled = try await server.restante("status", id, as: "alice/laptop")
                #expect(cancelled.output.contains("; cancelled"), "\(cancelled)")
                #expect(try await server.restante("listen", "--once", as: "bob/phone").output == "")
                let unknown = try await server.restante("cancel", "\(MessageID.fresh())", as: "alice/laptop")
                #expect(unknown.status == 65 && unknown.errors.contains("not_found"), "\(unknown)")
            }
        }

        @Test func keysAreCarriedToAnotherHome() async throws {
            try await Home.with { mine in
                try await Home.with { theirs in
                    let made = try await theirs.restante("key", "make", "bob")
                    let shown = try await theirs.restante("key", "show", "bob")
                    #expect(
                        made.status == 0 && shown.output == made.output && shown.lines.first?.count == 44, "\(shown)")
                    #expect(try await mine.restante("key", "show", "bob").status == 65)
                    let key = String(try #require(shown.lines.first))
                    #expect(try await mine.restante("key", "add", "bob", key).status == 0)
                    #expect(try await mine.restante("key", "show", "bob").output == shown.output)
                    #expect(try await mine.restante("key", "add", "bob", "nonsense").status == 65)
                }
            }
        }
    }
}

extension Home {
    /// Whether the database or its WAL has these words in it, as they are.
    func holdsInDatabase(_ words: String) -> Bool {
        ["mail.db", "mail.db-wal"].contains { bytes($0).range(of: Data(words.utf8)) != nil }
    }
}

extension Command {
    /// A line of JSON with texts only.
    fileprivate var withoutTime: String {
        output.replacing(#/"accepted_at":\d+,/#, with: "")
    }
}
