import CoreMetrics
import Logging
import NIOConcurrencyHelpers
import RestanteCore
import Testing

@testable import RestanteGateway

/// What the store says of wake-ups comes to whoever wakes.
@Suite struct WakerTests {
    @Test func wakesAndTheirEndComeToTheWaker() {
        let waker = RecordingWaker()
        let dispatcher = Dispatcher(
            tables: [], calls: CallRegistry(), waker: waker, metrics: StoreMetrics(NOOPMetricsHandler.instance),
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() }), failed: { _ in })
        let bob = DeviceAddress(user: UserName(unchecked: "bob"), device: DeviceName(unchecked: "phone"))
        let target = PushTarget.fcm(token: "token", app: "app")
        dispatcher.store(wakes: [Wake(device: bob, target: target, registeredAt: 1, urgency: .normal, deadline: 2)])
        dispatcher.store(unwoken: [bob])
        #expect(waker.heard == ["wake bob/phone", "forget bob/phone"])
    }
}

private final class RecordingWaker: DeviceWaker {
    private let words = NIOLockedValueBox<[String]>([])

    var heard: [String] { words.withLockedValue { $0 } }

    func wake(_ wakes: [Wake]) { for wake in wakes { note("wake", wake.device) } }
    func cancel(_ device: DeviceAddress) { note("cancel", device) }
    func forget(_ device: DeviceAddress) { note("forget", device) }

    private func note(_ word: String, _ device: DeviceAddress) {
        words.withLockedValue { $0.append("\(word) \(device)") }
    }
}
