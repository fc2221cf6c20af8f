import DequeModule
import NIOConcurrencyHelpers
public import RestanteCore

/// The last events of each device's wake-ups, in memory: what an operator looks at when a device sleeps on.
///
/// Bounded: of each device its last events, and of all devices those that had one last. It holds no token, no endpoint
/// and no text to show (P6).
public final class WakeTrace: PushSink {
    /// Most events of a device.
    public static let mostEvents = 16
    /// Most devices; with all of their events they take 25 MB, measured with long reasons.
    public static let mostDevices = 10_000

    fileprivate struct Record {
        var events: Deque<WakeEvent> = []
        /// Which of the notes about all devices was its last.
        var number: UInt64 = 0
        /// When its provider took the last wake-up that it has not come for, as uptime.
        var takenAt: Duration?
    }

    fileprivate struct State {
        var records: [DeviceAddress: Record] = [:]
        /// One entry a note, the oldest first; good if it is still the device's last.
        var order: Deque<(device: DeviceAddress, number: UInt64)> = []
        var number: UInt64 = 0
    }

    private let clock: any PushClock
    private let state = NIOLockedValueBox(State())

    public init(clock: any PushClock = SystemPushClock()) { self.clock = clock }

    /// The oldest first; empty for a device that was not woken, or so long ago that others have taken its place.
    public func events(of device: DeviceAddress) -> [WakeEvent] {
        state.withLockedValue { Array($0.records[device]?.events ?? []) }
    }

    public func due(_ wake: Wake) { note(.due(wake.urgency), wake.device) }

    public func asked(_ wake: Wake, attempt: Int) { note(.sent(wake.target.provider, attempt: attempt), wake.device) }

    public func answered(_ wake: Wake, _ answer: PushAnswer, took: Duration) {
        note(.answered(answer, took: took), wake.device)
    }

    public func ended(_ wake: Wake, _ outcome: WakeOutcome) {
        let now = clock.now
        state.withLockedValue { state in
            state.note(WakeEvent(at: now.wall, .ended(outcome)), wake.device)
            if outcome == .sent { state.records[wake.device]?.takenAt = now.uptime }
        }
    }

    /// No more than a look for a device that was not woken.
    public func connected(_ device: DeviceAddress, isCancelled: Bool) {
        let now = clock.now
        state.withLockedValue { state in
            guard state.records[device] != nil else { return }
            if isCancelled { state.note(WakeEvent(at: now.wall, .cancelled), device) }
            guard let takenAt = state.records[device]?.takenAt else { return }
            state.note(WakeEvent(at: now.wall, .connected(after: now.uptime - takenAt)), device)
            state.records[device]?.takenAt = nil
        }
    }

    private func note(_ kind: WakeEvent.Kind, _ device: DeviceAddress) {
        let event = WakeEvent(at: clock.wall, kind)
        state.withLockedValue { $0.note(event, device) }
    }
}

extension WakeTrace.State {
    fileprivate mutating func note(_ event: WakeEvent, _ device: DeviceAddress) {
        number += 1
        records[device, default: WakeTrace.Record()].append(event, number)
        order.append((device, number))
        while records.count > WakeTrace.mostDevices { forgetOldest() }
        if order.count > 2 * WakeTrace.mostDevices { clearOut() }
    }

    private mutating func forgetOldest() {
        guard let (device, number) = order.popFirst() else { preconditionFailure("each device has an entry") }
        if records[device]?.number == number { records[device] = nil }
    }

    /// Entries of devices that have had an event since then.
    private mutating func clearOut() {
        let records = records
        order.removeAll { records[$0.device]?.number != $0.number }
    }
}

extension WakeTrace.Record {
    fileprivate mutating func append(_ event: WakeEvent, _ number: UInt64) {
        if events.count == WakeTrace.mostEvents { events.removeFirst() }
        events.append(event)
        self.number = number
    }
}
