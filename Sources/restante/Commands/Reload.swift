import ArgumentParser

/// Has a running server read its files again, as the operator.
struct Reload: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Have a running server read its certificate and its key set again.",
        discussion: """
              restante reload

            The same as SIGHUP, and says what came of it: 78 if something could not be used, and then that stays as it was. \
            Open connections go on with the certificate they began with. Sessions whose token was signed with a key that \
            is no longer in the set are closed with 4401.
            """)

    @OptionGroup var server: OperatorsOptions

    func run() async throws {
        let report = try await server.client.post("/v1/reload", as: ReloadReport.self)
        for part in report.reloaded { print("reloaded  \(part)") }
        guard report.failed.isEmpty else {
            throw CommandFailure(.configuration, report.failed.joined(separator: "\n"))
        }
    }
}
