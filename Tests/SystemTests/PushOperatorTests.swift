import Foundation
import NIOCore
import NIOPosix
import PushServers
import RestanteCore
import Testing

@testable import restante

extension SystemTests {
    /// What an operator hears when wake-ups do not work.
    @Suite(.timeLimit(.minutes(5))) struct PushOperatorTests {
        /// By default, at log level `info`: of the same once, however often it is tried.
        @Test func aProviderInTroubleIsToldOnceAndCounted() async throws {
            let busyAtFirst: PushServer.Script = { _, number in .answer([503, 503, 403][min(number, 2)]) }
            try await PushedServer.with(script: busyAtFirst) { pushed in
                try await pushed.registerBob()
                try await Device.with("alice", on: pushed.server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    let refused = try await pushed.server.program.errors.line(with: "refused a wake-up")
                    #expect(refused?.contains("warning") == true && refused?.contains("provider=webpush") == true)
                    #expect(refused?.contains("reason=\"403") == true || refused?.contains("reason=403") == true)
                }
                let metrics = try await pushed.server.operate("GET", "/metrics").output
                for (answer, count) in [("taken", 0), ("unregistered", 0), ("refused", 1), ("retry", 2)] {
                    let line = #"restante_wake_requests_total{answer="\#(answer)",provider="webpush"} \#(count)"#
                    #expect(metrics.contains(line + "\n"), "\(metrics)")
                }
                #expect(metrics.contains(#"restante_wake_alarms_total{provider="webpush"} 0"# + "\n"))
                #expect(try await pushed.server.terminate() == 0)
                let log = try await pushed.server.program.errors.all()
                let told = log.split(separator: "\n").filter { $0.contains("does not take wake-ups now") }
                #expect(told.count == 1 && told[0].contains("503") && told[0].contains("provider=webpush"), "\(log)")
                #expect(!log.contains("secret-of-bob") && !log.contains("localhost"))
            }
        }

        @Test func anAlarmIsCounted() async throws {
            let forbidden: @Sendable (ReceivedRequest) -> ServerReply? = {
                $0.path == "/token" ? nil : .answer(403, [], #"{"error":{"status":"PERMISSION_DENIED"}}"#)
            }
            try await PushedServer.withFCM(forbidden) { server, service in
                try await Self.registerBob(server)
                try await Device.with("alice", on: server) { alice in
                    try await alice.send("hello", to: .user(PushedServer.bob))
                    let line = try await server.program.errors.line(with: "a provider refuses us")
                    #expect(line?.contains("403 PERMISSION_DENIED") == true, "\(line ?? "")")
                }
                let metrics = try await server.operate("GET", "/metrics").output
                #expect(metrics.contains(#"restante_wake_alarms_total{provider="fcm"} 1"# + "\n"), "\(metrics)")
                let test = try await server.testPush()
                #expect(test.status == 78 && test.output.contains("403 PERMISSION_DENIED"), "\(test)")
            }
        }

        // MARK: - How `push test` ends

        @Test(arguments: [(503, 75), (410, 65), (403, 65), (201, 0)])
        func scriptsCanTellTheAnswersApart(answer: Int, status: Int32) async throws {
            let script: PushServer.Script = { _, _ in .answer(answer) }
            try await PushedServer.with(script: script) { pushed in
                try await pushed.registerBob()
                let test = try await pushed.test()
                #expect(test.status == status, "\(test)")
            }
        }

        /// The provider is not waited for: neither Web Push's, nor where FCM's tokens come from.
        @Test func sigtermDoesNotWaitForATest() async throws {
            let silent: PushServer.Script = { _, _ in .silence }
            try await PushedServer.with(script: silent) { pushed in
                try await pushed.registerBob()
                try await Self.endWhileTesting(pushed.server, pushed.service)
            }
            let silentFCM: @Sendable (ReceivedRequest) -> ServerReply? = { _ in .silence }
            try await PushedServer.withFCM(silentFCM) { server, service in
                try await Self.registerBob(server)
                try await Self.endWhileTesting(server, service)
            }
        }

        private static func endWhileTesting(_ server: ServerProcess, _ service: PushServer) async throws {
            async let test = server.testPush()
            await service.received(1)
            let start = ContinuousClock.now
            #expect(try await server.terminate() == 0)
            #expect(ContinuousClock.now - start < .seconds(15))
            let done = try await test
            #expect(done.status == 75 && done.errors.contains("shutting_down"), "\(done)")
        }

        /// A server that listens and does not answer is there.
        @Test func aServerThatIsBusyIsNotCalledMissing() async throws {
            try await Home.with { home in
                let path = home.file("mail.db.sock")
                let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
                    .bind(unixDomainSocketPath: path).get()
                let failure = await #expect(throws: CommandFailure.self) {
                    _ = try await OperatorsClient(path).post("/x", timeLimit: .milliseconds(100), as: DoneBody.self)
                }
                #expect(failure?.status == 75 && failure?.message.contains("has not answered within") == true)
                try await channel.close()
            }
        }

        private static func registerBob(_ server: ServerProcess) async throws {
            let done = try await server.restante(
                "push", "register", "fcm", "registration-of-bob", "--app", FCMRules.project, as: "bob/phone")
            #expect(done.status == 0, "\(done)")
        }
    }
}
