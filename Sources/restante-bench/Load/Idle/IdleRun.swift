import Foundation
import NIOCore

/// One run of ``IdleBench``.
struct IdleRun {
    private let generator: LoadGenerator
    private let count: Int
    private static let users = LoadUsers(prefix: "idle")

    init(_ generator: LoadGenerator, _ count: Int) {
        (self.generator, self.count) = (generator, count)
    }

    func measure(seconds: Int) async throws -> IdleReport {
        let server = generator.server
        let target = try server.target(connections: count)
        let tokens = try generator.tokens(Self.users, count)
        let crowd = try await generator.onLoop { [generator] in
            NIOLoopBound(IdleCrowd(tokens, LoadConnector(target, on: generator.loop)), eventLoop: generator.loop)
        }
        // What the first connections make once is nothing that each costs.
        try await generator.untilDone { crowd.value.connect(min(16, tokens.count), done: $0) }
        try await generator.untilDone { crowd.value.cut(done: $0) }
        let before = try await steady(server)
        let began = ContinuousClock.now
        try await generator.untilDone { crowd.value.connect(tokens.count, done: $0) }
        let connectSeconds = (ContinuousClock.now - began) / .seconds(1)
        LoadProgress.say("\(count) sessions are up")
        let with = try await steady(server)
        let socketBytes = ProcessFigures.socketBytes
        let idle = try await idle(seconds)
        let lost = try await generator.onLoop { crowd.value.lost }
        try await generator.untilDone { crowd.value.cut(done: $0) }
        let after = try await steady(server)
        return IdleReport(
            connections: count, tls: target.tls != nil, before: before, with: with, after: after,
            socketBytes: socketBytes, connectSeconds: connectSeconds, idleSeconds: idle.seconds,
            idleCPUSeconds: idle.cpu, lost: lost)
    }

    private func idle(_ seconds: Int) async throws -> (seconds: Double, cpu: Double) {
        let (began, cpu) = (ContinuousClock.now, generator.server.figures.cpuSeconds)
        try await Task.sleep(for: .seconds(seconds))
        return ((ContinuousClock.now - began) / .seconds(1), generator.server.figures.cpuSeconds - cpu)
    }

    /// Figures when memory has not changed by more than 1 % for two seconds; after a minute as they are.
    private func steady(_ server: LoadedServer) async throws -> ProcessFigures {
        var last = server.figures
        var still = 0
        for _ in 0..<120 where still < 4 {
            try await Task.sleep(for: .milliseconds(500))
            let now = server.figures
            still = abs(now.residentBytes - last.residentBytes) * 100 <= last.residentBytes ? still + 1 : 0
            last = now
        }
        return last
    }
}

/// Devices that connect and stay. Bound to one event loop.
final class IdleCrowd {
    private var devices: [IdleDevice] = []
    private let loop: any EventLoop
    fileprivate var ramp: Ramp?
    fileprivate var gone: (() -> Void)?
    fileprivate var present = 0
    /// Connections that ended though nobody wanted it.
    fileprivate(set) var lost = 0

    init(_ tokens: [String], _ connector: LoadConnector) {
        loop = connector.loop
        devices = tokens.enumerated().map { IdleDevice($0, token: $1, connector: connector) }
        for device in devices { device.crowd = self }
    }

    /// Brings the first so many up, each until it is told that nothing waits for it.
    func connect(_ count: Int, done: @escaping () -> Void) {
        gone = nil
        ramp = Ramp(count, atOnce: 200, on: loop, attempt: { [devices] in devices[$0].connect() }) { [self] in
            ramp = nil
            done()
        }
    }

    func cut(done: @escaping () -> Void) {
        gone = done
        for device in devices { device.connection?.cut() }
        tellIfGone()
    }

    fileprivate func tellIfGone() {
        guard let gone, present == 0 else { return }
        self.gone = nil
        gone()
    }
}

private final class IdleDevice: LoadDevice {
    weak var crowd: IdleCrowd?

    private var isPresent = false

    override func welcomed() {
        isPresent = true
        crowd?.present += 1
    }

    override func drained() { crowd?.ramp?.succeeded() }

    override func disconnected(_ end: ConnectionEnd) {
        guard let crowd else { return }
        if isPresent { crowd.present -= 1 }
        isPresent = false
        if let ramp = crowd.ramp {
            ramp.failed(number, end)
        } else if crowd.gone != nil {
            crowd.tellIfGone()
        } else {
            crowd.lost += 1
        }
    }
}
