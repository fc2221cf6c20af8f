import Foundation
import Glibc

/// A process that has been started: what it writes, signals to it, and its end.
final class Program: Sendable {
    let output = Output()
    let errors = Output()
    private let process = Process()
    private let exit = Watched<Int32?>(nil)

    init(_ executable: String, _ arguments: [String], environment: [String: String], directory: URL) throws {
        process.executableURL = URL(filePath: executable)
        process.arguments = arguments
        process.environment = environment
        process.currentDirectoryURL = directory
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = output.pipe
        process.standardError = errors.pipe
        process.terminationHandler = { [exit] process in
            let status = process.terminationStatus
            exit.change { $0 = process.terminationReason == .exit ? status : -status }
        }
        try process.run()
    }

    /// Sends a signal; nothing if the process has ended.
    func signal(_ number: Int32) {
        if exit.now == nil { kill(process.processIdentifier, number) }
    }

    /// The exit status, or the signal that ended it as a negative number.
    var status: Int32 {
        get async throws { try await exit.first { $0 } }
    }
}

/// Where the binaries are that were built with these tests: beside the test bundle.
enum Products {
    static let restante = Bundle.main.bundleURL.appending(path: "restante").path
}
