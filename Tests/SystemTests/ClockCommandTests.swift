import Testing

extension SystemTests {
    @Suite struct ClockCommandTests {
        /// The test cannot set the machine's clock: a running server's is right, and confirming it changes nothing.
        @Test func theClockIsShownAndConfirmed() async throws {
            try await ServerProcess.with { server in
                for arguments in [["clock"], ["clock", "confirm"]] {
                    let shown = try await Command.run(
                        Products.restante, arguments + ["--database", server.home.database], in: server.home,
                        environment: [:])
                    #expect(shown.status == 0 && shown.output.contains("the store follows the wall clock"), "\(shown)")
                }
            }
        }
    }
}
