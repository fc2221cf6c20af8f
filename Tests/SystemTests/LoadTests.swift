import Foundation
import Testing

extension SystemTests {
    /// The short forms of the loads of `restante-bench`: real sockets against the real server, with limits that do not depend
    /// on how fast the machine is.
    @Suite struct LoadTests {
        private static let connections = ["idle", "stalled", "storm", "strangers"]
        /// `enqueue` and `drain` are the first parts of `life`; `mailboxes` and `payloads` repeat it in other sizes.
        private static let messages = ["life", "pairs", "groups", "backlog"]

        @Test(.timeLimit(.minutes(5)), arguments: connections + messages)
        func theShortFormKeepsItsLimits(_ load: String) async throws {
            try await Home.with { home in
                // An address of its own: the storm's server wants its port again.
                let command = try await Command.run(
                    Products.bench, [load, "--short", "--host", "127.0.0.44", "--directory", home.url.path], in: home)
                #expect(command.status == 0, "\(command)")
                #expect(command.lines.contains { $0.hasPrefix("{") && $0.contains("\"scenario\":\"\(load)\"") })
            }
        }
    }
}
