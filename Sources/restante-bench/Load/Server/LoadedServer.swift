import Foundation
import RestanteCore
import RestanteGateway
import Synchronization

/// The server that is measured: one that was started for this run in a directory of its own, or one that runs already.
final class LoadedServer: Sendable {
    private struct Running {
        var child: ServerChild?
        var port: Int
        /// Of the child's calls, where they are counted.
        var counts: CountsFile?
    }

    let host: String
    private let options: ServerOptions
    private let flags: [String]
    private let isCounted: Bool
    private let directory: String
    private let running: Mutex<Running>
    private let mint: TokenMint

    /// Runs `body` with the server that the options name; one that was started is killed afterwards, and its directory removed.
    ///
    /// - Parameters:
    ///   - flags: for `restante serve`, before those of the options.
    ///   - isCounted: whether its calls are counted, if the options allow it and there is what counts them.
    static func with<Result>(
        _ options: ServerOptions, flags: [String] = [], isCounted: Bool = false,
        body: (LoadedServer) async throws -> Result
    ) async throws -> Result {
        let directory = options.directory + "/restante-load-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let server = try await LoadedServer(options, flags, isCounted: isCounted, directory)
        let result = await Swift.Result { try await body(server) }
        if server.running.withLock({ $0.child }) != nil { _ = try await server.end(SIGKILL) }
        return try result.get()
    }

    private init(
        _ options: ServerOptions, _ flags: [String], isCounted: Bool, _ directory: String
    ) async throws {
        (self.options, self.flags, self.directory) = (options, flags, directory)
        self.isCounted = isCounted && options.countCalls
        if let url = options.url {
            guard let url = URL(string: url), let host = url.host(), let keys = options.keyFile else {
                throw BenchError("--url wants ws://HOST:PORT, and --key-file the server's key file")
            }
            self.host = host
            running = Mutex(Running(child: nil, port: url.port ?? 7070))
            mint = try TokenMint(keys: try await KeyFile.open(at: keys))
        } else {
            host = options.host
            running = Mutex(try await Self.start(options, flags, isCounted: self.isCounted, directory, port: 0))
            mint = try TokenMint(keys: try await KeyFile.open(at: directory + "/mail.db.key"))
        }
    }

    /// A handful of users send for thousands: what a phone may send in a second is not what is measured.
    private static let unpaced = ["--pace-messages-per-second", "1000000", "--pace-bytes-per-second", "1000000000"]

    private static func start(
        _ options: ServerOptions, _ flags: [String], isCounted: Bool, _ directory: String, port: Int
    ) async throws -> Running {
        let log = directory + "/server.log"
        var arguments = ["serve", "--database", directory + "/mail.db", "--host", options.host, "--port", "\(port)"]
        arguments += settings(options, flags)
        let counts = directory + "/calls-\(UUID().uuidString)"
        let variables = isCounted ? CallCounter.environment(file: counts) ?? [:] : [:]
        let child = try ServerChild(options.server, arguments, log: log, variables: variables)
        guard let port = await onThread({ child.waitForPort() }) else {
            _ = await onThread { child.waitForEnd() }
            throw BenchError(
                "\(options.server) did not start: " + ((try? String(contentsOfFile: log, encoding: .utf8)) ?? ""))
        }
        return Running(child: child, port: port, counts: CountsFile(path: counts))
    }

    private static func settings(_ options: ServerOptions, _ flags: [String]) -> [String] {
        ["--log-level", "warning"] + unpaced + options.tlsFlags + flags + options.serveFlags
    }

    func target(connections: Int) throws -> LoadTarget {
        try LoadTarget(
            host: host, port: running.withLock { $0.port }, authority: options.authority, connections: connections)
    }

    /// Nil for a server that was not started here.
    var operatorsSocket: String? { running.withLock { $0.child } == nil ? nil : directory + "/mail.db.sock" }

    func token(_ address: DeviceAddress) throws -> String { try mint.mint(address, lifetime: 24 * 3600) }

    /// All zero for a server that was not started here.
    var figures: ProcessFigures { ProcessFigures(of: running.withLock { $0.child?.process } ?? -1) }

    /// What it has used so far; all zero for a server that was not started here.
    var costs: Costs {
        let (child, counts) = running.withLock { ($0.child, $0.counts) }
        return child.map { CostMeter(process: $0.process, counts: counts).read() } ?? Costs()
    }

    /// What its figures hold for.
    var surroundings: Surroundings {
        Surroundings(
            machine: Machine(directory: options.directory), settings: Self.settings(options, flags),
            isCounted: running.withLock { $0.counts } != nil)
    }

    /// Figures when memory has not changed by more than 1 % for two seconds; after a minute as they are.
    func steady() async throws -> ProcessFigures {
        var last = figures
        var still = 0
        for _ in 0..<120 where still < 4 {
            try await Task.sleep(for: .milliseconds(500))
            let now = figures
            still = abs(now.residentBytes - last.residentBytes) * 100 <= last.residentBytes ? still + 1 : 0
            last = now
        }
        return last
    }

    /// Sends a signal and waits until the process is gone: its status, and the seconds that took.
    func end(_ signal: CInt) async throws -> (status: CInt, seconds: Double) {
        let child = running.withLock { running in
            defer { running.child = nil }
            return running.child
        }
        guard let child else { throw BenchError("only a server that was started here can be ended") }
        let began = ContinuousClock.now
        kill(child.process, signal)
        let status = await onThread { child.waitForEnd() }
        return (status, (ContinuousClock.now - began) / .seconds(1))
    }

    /// Starts it again on the same file and port; returns when it listens.
    func startAgain() async throws {
        let port = running.withLock { $0.port }
        let started = try await Self.start(options, flags, isCounted: isCounted, directory, port: port)
        running.withLock { $0 = started }
    }
}

/// The cooperative pool must never wait for a process.
private func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
    await withCheckedContinuation { continuation in
        Thread.detachNewThread { continuation.resume(returning: body()) }
    }
}
