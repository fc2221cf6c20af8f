import Foundation
import Glibc
import Synchronization

/// The built server on a database of its own, which is killed and started again on the same file and port.
final class LedgerServer: Sendable {
    /// Nothing else listens or connects here, so that the port is still free after a kill.
    static let host = "127.0.0.44"

    let directory: String
    let port: Int
    private let binary: String
    private let process = Mutex<ChildProcess?>(nil)

    init(binary: String, directory: String) throws {
        self.binary = binary
        self.directory = directory
        port = try Self.freePort()
    }

    var database: String { directory + "/mail.db" }
    var log: String { directory + "/server.log" }
    var url: String { "ws://\(Self.host):\(port)" }

    /// Starts it. True once it listens, false if it ends before that.
    func start() async throws -> Bool {
        let output = try launch()
        return await withCheckedContinuation { continuation in
            Thread.detachNewThread { Self.follow(output, continuation) }
        }
    }

    /// Starts it and does not wait until it listens.
    func startHastily() throws {
        let output = try launch()
        Thread.detachNewThread { Self.follow(output, nil) }
    }

    /// Sends the signal and waits until the process is gone: its exit status, or the signal that ended it, negative.
    func stop(_ signal: Int32) async -> Int32? {
        guard let child = process.withLock({ $0.take() }) else { return nil }
        kill(child.id, signal)
        return await child.status()
    }

    private func launch() throws -> Int32 {
        let child = try ChildProcess(
            binary,
            [
                "serve", "--database", database, "--host", Self.host, "--port", "\(port)", "--operators-socket", "",
                "--log-level", "warning",
                // What is asked here is whether anything is lost, not how fast a client may be.
                "--pace-messages-per-second", "0", "--pace-bytes-per-second", "0", "--pace-requests-per-second", "0",
                "--pace-handshakes-per-minute", "0", "--pace-look-ups-per-minute", "0",
            ], errors: log)
        process.withLock { $0 = child }
        return child.output
    }

    /// Reads what the server prints until it ends; says once whether it came to listen.
    private static func follow(_ output: Int32, _ continuation: CheckedContinuation<Bool, Never>?) {
        var continuation = continuation
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 4096)
        while case let count = read(output, &buffer, buffer.count), count > 0 {
            guard continuation != nil else { continue }
            text += String(decoding: buffer[..<count], as: UTF8.self)
            if text.contains("listening = ") { continuation.take()?.resume(returning: true) }
        }
        close(output)
        continuation.take()?.resume(returning: false)
    }

    private static func freePort() throws -> Int {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = inet_addr(host)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
            }
        }
        guard descriptor >= 0, done else { throw POSIXError(.EADDRNOTAVAIL) }
        return Int(UInt16(bigEndian: address.sin_port))
    }
}
