import HeapModule
import RestanteCore

/// Which devices are to be woken, and when: in memory alone, since what is due is told from cursors and one mark a device.
///
/// A message costs a look at one or two tables: its log is noted once, and while all who are away from it were woken
/// moments ago not even that. Times are milliseconds of the store's clock. Belongs to the store's thread.
struct WakeSchedule {
    enum State: Equatable {
        /// It is looked at then, whether mail waits behind this position.
        case due(at: Int64, beyond: Position, Urgency)
        /// A provider is asked; nothing has come back yet.
        case asked(through: Position, Urgency)
        /// It was woken for everything up to this position and is left alone.
        case cooling(until: Int64, through: Position)
    }

    private struct Entry: Comparable {
        let at: Int64
        let device: DeviceKey

        static func < (a: Entry, b: Entry) -> Bool { a.at < b.at }
    }

    /// The look at the readers of one log, a slice at a time.
    struct Look {
        let log: LogKey
        let urgency: Urgency
        /// The place of the last one that was looked at.
        var after: (acked: Position, device: DeviceKey) = (-1, 0)
        /// Until then no normal message of the log has anybody woken.
        var quietUntil: Int64
    }

    /// Logs that are remembered as quiet.
    private static let mostQuiet = 100_000

    let options: WakeOptions
    /// Some device has a target.
    private(set) var isOn: Bool
    private(set) var states: [DeviceKey: State] = [:]
    /// May name devices whose state has changed since.
    private var queue = Heap<Entry>()
    /// Logs with mail that nobody was looked up for yet.
    private var fresh: [LogKey: Urgency] = [:]
    private var quiet: [LogKey: Int64] = [:]
    var look: Look?
    /// The last device whose mark was looked at since the start, and when the next ones are; nil: all were.
    var search: (after: DeviceKey, at: Int64)?

    init(_ options: WakeOptions, _ connection: Connection, now: Int64) throws {
        self.options = options
        let first = try connection.first("SELECT device_id FROM push_targets LIMIT 1") { $0.int(0) }
        isOn = !options.providers.isEmpty && first != nil
        if isOn { search = (after: 0, at: now + options.afterClose) }
    }

    // MARK: What happens

    mutating func turnOn() { isOn = true }

    /// A message has come.
    mutating func note(_ log: LogKey, _ urgency: Urgency, at now: Int64) {
        guard isOn else { return }
        if urgency == .normal, let until = quiet[log], now < until { return }
        guard fresh[log] != .urgent else { return }
        fresh[log] = urgency
    }

    /// Who is there needs no waking. True: it was woken within the last minute.
    mutating func connected(_ device: DeviceKey, at now: Int64) -> Bool {
        guard case .cooling(let until, _) = states.removeValue(forKey: device) else { return false }
        return now - (until - options.interval) <= 60_000
    }

    /// Its connection has ended: mail may still wait, and what comes in these logs is its concern again.
    mutating func left(_ device: DeviceKey, _ logs: some Sequence<LogKey>, at now: Int64) {
        guard isOn else { return }
        for log in logs { quiet[log] = nil }
        put(device, dueAt: now + options.afterClose, beyond: 0, .normal)
    }

    /// It reads another log.
    mutating func joined(_ log: LogKey) { quiet[log] = nil }

    /// The clock was set: what was to happen at a time is told anew.
    mutating func restart(at now: Int64) {
        guard isOn else { return }
        states = states.filter { if case .asked = $0.value { true } else { false } }
        queue = Heap()
        quiet = [:]
        search = (after: 0, at: now)
    }

    // MARK: Looking

    /// The next log whose readers are looked at.
    mutating func nextLook(at now: Int64) -> Look? {
        if look == nil, let (log, urgency) = fresh.popFirst() {
            look = Look(log: log, urgency: urgency, quietUntil: now + options.interval)
        }
        return look
    }

    /// All readers of the log were looked at.
    mutating func endLook() {
        guard let look else { return }
        if quiet.count >= Self.mostQuiet { quiet = [:] }
        quiet[look.log] = look.quietUntil
        self.look = nil
    }

    /// Mail has come for a device that is away and can be woken.
    mutating func mail(for device: DeviceKey, _ urgency: Urgency, at now: Int64) {
        switch states[device] {
        case nil: put(device, dueAt: now, beyond: 0, urgency)
        case .due(let at, let beyond, let known):
            let urgency = known == .urgent ? known : urgency
            if at > now || urgency != known { put(device, dueAt: min(at, now), beyond: beyond, urgency) }
        case .asked(let through, .normal) where urgency == .urgent:
            put(device, dueAt: now, beyond: through, urgency)
        case .asked: break
        case .cooling(_, let through) where urgency == .urgent: put(device, dueAt: now, beyond: through, urgency)
        case .cooling(let until, _): if let quiet = look?.quietUntil { look?.quietUntil = min(quiet, until) }
        }
    }

    mutating func put(_ device: DeviceKey, dueAt at: Int64, beyond: Position, _ urgency: Urgency) {
        states[device] = .due(at: at, beyond: beyond, urgency)
        queue.insert(Entry(at: at, device: device))
    }

    /// The next device that is due.
    mutating func takeDue(at now: Int64) -> (device: DeviceKey, beyond: Position, urgency: Urgency)? {
        while let first = queue.min, first.at <= now {
            queue.removeMin()
            switch states[first.device] {
            case .due(first.at, let beyond, let urgency):
                states[first.device] = nil
                return (first.device, beyond, urgency)
            case .cooling(first.at, let through):
                states[first.device] = nil
                return (first.device, through, .normal)
            default: continue
            }
        }
        return nil
    }

    // MARK: Asking

    mutating func ask(_ device: DeviceKey, through: Position, _ urgency: Urgency) {
        states[device] = .asked(through: through, urgency)
    }

    /// Up to where the device was asked to be woken; nil: it is not any more.
    mutating func answered(_ device: DeviceKey) -> Position? {
        guard case .asked(let through, _) = states[device] else { return nil }
        states[device] = nil
        return through
    }

    mutating func cool(_ device: DeviceKey, until: Int64, through: Position) {
        states[device] = .cooling(until: until, through: through)
        queue.insert(Entry(at: until, device: device))
    }

    /// When there is something to do.
    func dueAt(_ now: Int64) -> Int64 {
        if look != nil || !fresh.isEmpty { return now }
        return min(queue.min?.at ?? .max, search?.at ?? .max)
    }
}
