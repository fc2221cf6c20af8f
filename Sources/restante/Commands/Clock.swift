import ArgumentParser

/// The store's clock, as the operator.
struct Clock: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Show or confirm the clock that a running server goes by.",
        discussion: """
              restante clock
              restante clock confirm

            The store follows the machine's wall clock while that is within 24 hours of where it should be. When the wall \
            clock steps further, the store's clock runs on by itself, and nothing expires, no idle device is unlinked and \
            no message id is forgotten by its age until the wall clock is back, has agreed with itself for 24 hours, or \
            is confirmed.
            """,
        subcommands: [Show.self, Confirm.self], defaultSubcommand: Show.self)

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Show both clocks, and why they differ.")
        @OptionGroup var server: OperatorsOptions

        func run() async throws { show(try await server.client.get("/v1/clock", as: ClockBody.self)) }
    }

    struct Confirm: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say that the wall clock is right: the store follows it from here on.",
            discussion: """
                Both forward and back. What is past its time by a confirmed clock is forgotten: check `date` first.
                """)
        @OptionGroup var server: OperatorsOptions

        func run() async throws { show(try await server.client.post("/v1/clock/confirm", as: ClockBody.self)) }
    }
}

private func show(_ clock: ClockBody) {
    print("wall   \(timeText(clock.wall))")
    print("store  \(timeText(clock.store))")
    print(clock.held.map { "held   \($0)" } ?? "the store follows the wall clock")
}
