import Testing

@testable import restante_bench

@Suite struct EffortTests {
    /// A second in which a thousand messages went.
    private func effort(server: Double, generator: Double, loop: Double) -> Effort {
        Effort(1000, seconds: 1, server: Costs(cpuSeconds: server), generator: generator, loop: loop)
    }

    @Test func aMessageIsAThousandth() {
        let effort = effort(server: 1.2, generator: 0.3, loop: 0.25)
        #expect(effort.messagesPerSecond == 1000)
        #expect(effort.server.cpuUsPerMessage == 1200)
        #expect(effort.generatorCpuUsPerMessage == 300)
        #expect(effort.loopBusy == 0.25 && effort.coresUsed == 1.5)
        #expect(effort.fsyncsPerSecond == nil, "nobody counted")
    }

    @Test(arguments: [
        (server: 1.2, generator: 0.95, loop: 0.95, isSaturated: true),
        (server: 0.4, generator: 0.5, loop: 0.5, isSaturated: true),
        (server: 1.2, generator: 0.5, loop: 0.5, isSaturated: false),
        // A server that was not started here.
        (server: 0, generator: 0.5, loop: 0.5, isSaturated: false),
        (server: 0, generator: 0.95, loop: 0.95, isSaturated: true),
    ])
    func aGeneratorThatIsTheBottleneckSaysSo(server: Double, generator: Double, loop: Double, isSaturated: Bool) {
        let effort = effort(server: server, generator: generator, loop: loop)
        #expect(effort.generatorSaturated == isSaturated)
        #expect(effort.rows("sent", "accepted").contains { $0.0.contains("SATURATED") } == isSaturated)
    }

    @Test func callsAreCountedPerSecond() {
        var calls = Calls()
        (calls.fsyncs, calls.walBytes) = (50, 2_000_000)
        let effort = Effort(1000, seconds: 2, server: Costs(calls: calls), generator: 0.1, loop: 0.1)
        #expect(effort.fsyncsPerSecond == 25 && effort.server.bytesPerMessage == 2000)
    }
}
