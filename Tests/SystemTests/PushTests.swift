import Crypto
import Foundation
import PushServers
import RestanteCore
import RestantePush
import Testing

extension SystemTests {
    /// The built server and a push service that checks what the real ones check: who is away is woken, over TLS and HTTP/2.
    @Suite(.timeLimit(.minutes(5))) struct PushTests {
        @Test func mailWakesWhoIsAwayAndSaysNothing() async throws {
            try await PushedServer.with { pushed in
                try await pushed.registerBob()
                try await Device.with("alice", on: pushed.server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    await pushed.service.received(1)
                    let request = pushed.service.requests[0]
                    try pushed.rules.check(request, origin: pushed.service.base)
                    #expect(try pushed.subscription.decrypt(request.body) == Array(#"{"restante":"mail"}"#.utf8))
                    #expect(request["urgency"] != "high")
                    // More mail at once is no reason to wake again; whoever comes gets all of it.
                    try await alice.send("again", to: .user(PushedServer.bob))
                    try await Device.with("bob", on: pushed.server) { bob in
                        let texts = try await bob.texts(2)
                        #expect(texts == ["hello", "again"])
                    }
                    #expect(pushed.service.requests.count == 1)
                }
            }
        }

        @Test func metricsTellWhatIsUnderWay() async throws {
            let silent: PushServer.Script = { _, _ in .silence }
            try await PushedServer.with(script: silent) { pushed in
                try await pushed.registerBob()
                try await Device.with("alice", on: pushed.server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    await pushed.service.received(1)
                    let home = pushed.server.home
                    let scrape = ["-s", "--unix-socket", home.database + ".sock", "http://restante/metrics"]
                    let done = try await Command.run("/usr/bin/curl", scrape, in: home)
                    for (state, count) in [("waiting", 0), ("delayed", 0), ("sending", 1)] {
                        let line = #"restante_wakes_pending{provider="webpush",state="\#(state)"} \#(count)"#
                        #expect(done.output.contains(line + "\n"), "\(done.output)")
                    }
                }
            }
        }

        /// The provider has not answered when the server is killed: the next process asks again.
        @Test func aKillLosesNoWake() async throws {
            let silentAtFirst: PushServer.Script = { _, number in number == 0 ? .silence : .answer(201) }
            try await PushedServer.with(script: silentAtFirst) { pushed in
                try await pushed.registerBob()
                try await Device.with("alice", on: pushed.server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    await pushed.service.received(1)
                }
                try await pushed.server.kill()
                try await pushed.server.startAgain()
                await pushed.service.received(2)
                try pushed.rules.check(pushed.service.requests[1], origin: pushed.service.base)
            }
        }

        /// Bob was woken when the server is killed, and Carol's provider had not answered: only she is asked for again.
        @Test func whoWasWokenIsNotWokenByTheNextProcess() async throws {
            let silentToCarol: PushServer.Script = { request, number in
                request.path == "/carol" && number == 1 ? .silence : .answer(201)
            }
            try await PushedServer.with(script: silentToCarol) { pushed in
                try await pushed.registerBob()
                try await pushed.register("carol/phone", at: "/carol")
                try await Device.with("alice", on: pushed.server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    while try await pushed.marks() != "1" {}
                    try await alice.send("hello", to: .user(UserName(unchecked: "carol")))
                    await pushed.service.received(2)
                }
                try await pushed.server.kill()
                try await pushed.server.startAgain()
                // Both are looked at together.
                await pushed.service.received(3)
                #expect(pushed.service.requests.map(\.path) == [PushedServer.path, "/carol", "/carol"])
            }
        }

        /// A text goes to the provider only where both ends want it.
        @Test func whatIsShownIsWhatBothAppsWant() async throws {
            try await PushedServer.with { pushed in
                func shown(_ label: String?) async throws -> String {
                    let count = pushed.service.requests.count
                    let flags = ["--to", "bob", "--plain", "--urgent", "hi"] + (label.map { ["--label", $0] } ?? [])
                    let sent = try await pushed.server.restante(["send"] + flags, as: "alice/laptop")
                    try #require(sent.status == 0, "\(sent)")
                    await pushed.service.received(count + 1)
                    return String(
                        decoding: try pushed.subscription.decrypt(pushed.service.requests[count].body), as: UTF8.self)
                }
                try await pushed.registerBob("--placeholder", "News \"😀\"", "--labels")
                #expect(try await shown("Alice") == #"{"restante":"mail","text":"Alice"}"#)
                #expect(try await shown(nil) == #"{"restante":"mail","text":"News \"😀\""}"#)
                try await pushed.registerBob()
                #expect(try await shown("Alice") == #"{"restante":"mail"}"#)
                let long = String(repeating: "x", count: 257)
                let refused = try await pushed.server.restante(
                    ["send", "--to", "bob", "--plain", "--label", long, "hi"], as: "alice/laptop")
                #expect(refused.status != 0 && refused.errors.contains("label has at most 256 bytes"), "\(refused)")
            }
        }

        @Test func aTargetThatIsGoneIsForgotten() async throws {
            let gone: PushServer.Script = { _, _ in .answer(410) }
            try await PushedServer.with(script: gone) { pushed in
                try await pushed.registerBob()
                let test = try await pushed.test()
                #expect(test.status == 65 && test.output.contains("webpush  the target is gone"), "\(test)")
                // The operator's try changes nothing.
                #expect(try await pushed.targets() == "1")
                try await Device.with("alice", on: pushed.server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    await pushed.service.received(2)
                    while try await pushed.targets() != "0" { try await alice.send("on", to: .user(PushedServer.bob)) }
                }
            }
        }

        /// P6: neither the log, at its most talkative, nor the metrics nor the view have a word of where a device is woken.
        @Test func nothingTellsWhereADeviceIsWoken() async throws {
            try await PushedServer.with("--log-level", "trace") { pushed in
                try await pushed.registerBob()
                let test = try await pushed.server.restante(
                    "push", "test", "--user", "bob", "--device", "phone", "--database", pushed.server.home.database)
                #expect(test.status == 0 && test.output == "webpush  taken\n", "\(test)")
                let view = try await pushed.server.home.sqlite3("SELECT * FROM push")
                #expect(view.output.contains("bob|phone|webpush"), "\(view)")
                #expect(try await pushed.server.terminate() == 0)
                let log = try await pushed.server.program.errors.all()
                for text in [log, test.output, view.output] { #expect(!text.contains(PushedServer.path)) }
            }
        }

        @Test func webPushHasNoDryRun() async throws {
            try await PushedServer.with { pushed in
                try await pushed.registerBob()
                let test = try await pushed.server.restante(
                    "push", "test", "--user", "bob", "--device", "phone", "--dry-run", "--database",
                    pushed.server.home.database)
                #expect(test.status == 64 && test.errors.contains("webpush has no dry run"), "\(test)")
                // Whoever wants a dry run and writes it wrong does not get a real one.
                for query in [
                    "dry_run=yes", "dryRun=true", "dry_run", "dry_run=false&dry=true", "dry_run=false&dry_run=1",
                ] {
                    let wrong = try await pushed.server.operate("POST", "/v1/users/bob/devices/phone/wake?\(query)")
                    #expect(wrong.output.contains("bad_request"), "\(query): \(wrong)")
                }
                #expect(pushed.service.requests.isEmpty)
            }
        }

        @Test func withoutAProviderNobodyRegisters() async throws {
            try await ServerProcess.with { server in
                let done = try await server.restante(
                    "push", "register", "apns", String(repeating: "0a", count: 32), "--app", "org.example",
                    as: "bob/phone")
                #expect(done.status == 78 && done.errors.contains("wakes no devices by way of apns"), "\(done)")
                for command in ["test", "trace"] {
                    let asked = try await server.restante(
                        "push", command, "--user", "bob", "--device", "phone", "--database", server.home.database)
                    #expect(asked.status == 78 && asked.errors.contains("no provider is set"), "\(asked)")
                }
            }
        }

        @Test(arguments: [
            (["--push-web-push-key", "none.pem", "--push-web-push-subject", "mailto:a@example.org"], "none.pem"),
            (["--push-web-push-key", "none.pem"], "Web Push needs both"),
            (["--push-authorities", "none.pem"], "none.pem"),
            (["--push-fcm-account", "none.json"], "none.json"),
            (
                ["--push-apns-key", "none.p8", "--push-apns-key-id", "ABC", "--push-apns-team", "ABCDE12345"],
                "push.apnsKeyId"
            ),
            (["--push-apns-key", "none.p8"], "APNs needs all three"),
            (["--push-web-push-networks", "10.1.2.3/8"], "push.webPushNetworks"),
        ])
        func settingsThatAreNoneAreToldBeforeAnythingIsOpened(flags: [String], word: String) async throws {
            try await Home.with { home in
                let serve = ["serve", "--database", home.database, "--port", "0"]
                let done = try await Command.run(Products.restante, serve + flags, in: home)
                #expect(done.status == 78 && done.errors.contains(word), "\(done)")
                #expect(!FileManager.default.fileExists(atPath: home.database))
            }
        }

        @Test func allThatIsWrongIsToldTogetherWithItsSetting() async throws {
            try await Home.with { home in
                let files = [
                    "--push-authorities", "none.pem", "--push-fcm-account", "none.json", "--push-apns-key", "none.p8",
                    "--push-apns-key-id", "ABCDE12345", "--push-apns-team", "ABCDE12345", "--push-web-push-key",
                    "none.key",
                ]
                let serve = ["serve", "--database", home.database, "--port", "0"]
                let wrong = ["--push-web-push-subject", "mailto:", "--push-fcm-url", "https://fcm.example.org#x"]
                let settings = try await Command.run(Products.restante, serve + files + wrong, in: home)
                for setting in ["push.webPushSubject: ", "push.fcmUrl: "] {
                    #expect(settings.status == 78 && settings.errors.contains(setting), "\(settings)")
                }
                let right = ["--push-web-push-subject", "mailto:a@example.org"]
                let done = try await Command.run(Products.restante, serve + files + right, in: home)
                for (setting, file) in [
                    ("authorities", "none.pem"), ("fcmAccount", "none.json"), ("apnsKey", "none.p8"),
                    ("webPushKey", "none.key"),
                ] {
                    let line = done.errors.split(separator: "\n").first { $0.contains("  push.\(setting): ") }
                    #expect(done.status == 78 && line?.contains(file) == true, "\(done)")
                }
                #expect(!FileManager.default.fileExists(atPath: home.database))
            }
        }

        /// What was made of the good ones is closed: a client of HTTP that is not, traps.
        @Test(arguments: [
            (["--push-fcm-account", "none.json"], "mail.db", 78, "none.json"),
            ([], "none/mail.db", 74, "does not exist"),
        ])
        func goodSettingsBesideBadOnesEndInOrder(
            flags: [String], database: String, status: Int32, word: String
        ) async throws {
            try await Home.with { home in
                let key = home.file("apns.p8")
                try Data(P256.Signing.PrivateKey().pemRepresentation.utf8).write(to: URL(filePath: key))
                let good = [
                    "--push-apns-key", key, "--push-apns-key-id", "ABCDE12345", "--push-apns-team", "ABCDE12345",
                ]
                let serve = ["serve", "--database", home.file(database), "--port", "0"]
                let done = try await Command.run(Products.restante, serve + good + flags, in: home)
                #expect(done.status == status && done.errors.contains(word), "\(done)")
            }
        }
    }
}
