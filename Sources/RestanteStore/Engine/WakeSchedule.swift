import HeapModule
import RestanteCore

/// Which devices are to be woken, and when: in memory alone, since what is due is told from cursors and one mark a device.
///
/// A message costs a look at one or two tables: its log is noted once, and while all who are away from it were woken
/// moments ago not even that. Times are milliseconds of the store's clock. Belongs to the store's thread.
struct WakeSchedule {
    enum State: Equatable {
        /// It is looked at then, whether mail waits behind this position; the cause is nil if none is known of yet.
        case due(at: Int64, beyond: Position, WakeCause?)
        /// A provider is asked; nothing has come back yet.
        case asked(through: Position)
        /// It is left alone, since it was woken for everything up to this position, or a provider has refused to.
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
        let cause: WakeCause
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
    private var fresh: [LogKey: WakeCause] = [:]
    private var quiet: [LogKey: Int64] = [:]
    /// When devices were last asked to be woken for urgent mail.
    private var urgentAt: [DeviceKey: Int64] = [:]
    /// Who was woken within the last minute.
    var recent = RecentWakes()
    /// How often in a row devices were woken since they had left something unread, and came and left it again.
    private var fruitless: [DeviceKey: Int] = [:]
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
    mutating func note(_ log: LogKey, _ cause: WakeCause, at now: Int64) {
        guard isOn else { return }
        if cause.urgency == .normal, let until = quiet[log], now < until { return }
        fresh[log] = fresh[log]?.joined(with: cause) ?? cause
    }

    /// Who is there needs no waking. The provider by which it was woken within the last minute.
    mutating func connected(_ device: DeviceKey, at now: Int64) -> PushProvider? {
        urgentAt[device] = nil
        states[device] = nil
        return recent.take(device, at: now)
    }

    /// The connection of a device that can be woken has ended: mail may still wait, and what comes in these logs is its concern
    /// again.
    ///
    /// - Parameter hasRead: whether it has acknowledged anything. One that comes and goes without is woken after longer and longer.
    mutating func left(_ device: DeviceKey, _ logs: some Sequence<LogKey>, hasRead: Bool, at now: Int64) {
        guard isOn else { return }
        for log in logs { joined(log) }
        if hasRead { fruitless[device] = nil }
        let wait = options.afterClose << min(fruitless[device] ?? 0, 16)
        put(device, dueAt: now + min(wait, max(options.interval, options.afterClose)), beyond: 0, nil)
    }

    /// It reads another log, whose next mail is looked at, also if all of its readers but this one are being looked at now.
    mutating func joined(_ log: LogKey) {
        quiet[log] = nil
        if look?.log == log { look?.quietUntil = .min }
    }

    /// What is known of mail in a log whose readers have not all been looked at.
    func unlooked(_ log: LogKey) -> WakeCause? { fresh[log] ?? look.flatMap { $0.log == log ? $0.cause : nil } }

    /// It is not to be woken any more. False: nothing was under way.
    mutating func forget(_ device: DeviceKey) -> Bool {
        (urgentAt[device], fruitless[device]) = (nil, nil)
        recent.forget(device)
        return states.removeValue(forKey: device) != nil
    }

    /// The clock was set: what was to happen at a time is told anew.
    mutating func restart(at now: Int64) {
        guard isOn else { return }
        states = states.filter { if case .asked = $0.value { true } else { false } }
        queue = Heap()
        quiet = [:]
        urgentAt = [:]
        recent = RecentWakes()
        look?.quietUntil = .min
        search = (after: 0, at: now)
    }

    // MARK: Looking

    /// The next log whose readers are looked at.
    mutating func nextLook(at now: Int64) -> Look? {
        if look == nil, let (log, cause) = fresh.popFirst() {
            look = Look(log: log, cause: cause, quietUntil: now + options.interval)
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
    mutating func mail(for device: DeviceKey, _ cause: WakeCause, at now: Int64) {
        switch states[device] {
        case nil: put(device, dueAt: now, beyond: 0, cause)
        case .due(let at, let beyond, let known):
            let both = known?.joined(with: cause) ?? cause
            let hurried = hurried(at, known, by: cause, now)
            if hurried != at || both != known { put(device, dueAt: hurried, beyond: beyond, both) }
        case .asked(let through) where cause.urgency == .urgent,
            .cooling(_, let through) where cause.urgency == .urgent:
            // Another that is on its way may be older than this.
            put(device, dueAt: max(now, (urgentAt[device] ?? 0) + options.urgentInterval), beyond: through, cause)
        case .asked: break
        case .cooling(let until, _): if let quiet = look?.quietUntil { look?.quietUntil = min(quiet, until) }
        }
    }

    /// When a device is due that more mail has come for.
    private func hurried(_ at: Int64, _ known: WakeCause?, by cause: WakeCause, _ now: Int64) -> Int64 {
        // It was woken for urgent mail moments ago.
        if at <= now || known?.urgency == .urgent { return at }
        // Whoever was connected when the process before ended comes back by itself.
        if cause.urgency == .normal, let search, search.at > now { return at }
        return now
    }

    /// What the process before has left of a device that is away.
    ///
    /// - Parameter urgent: urgent mail that has come since it was woken.
    mutating func resume(_ device: DeviceKey, _ mark: WakeMark, _ urgent: WakeCause?, at now: Int64) {
        guard states[device] == nil else { return }
        // A clock that was set back must not have it wait for longer.
        let until = min(mark.wokenAt, now) + options.interval
        if mark.wasHereSince {
            // It has been here since, and left or was cut off: what still waits, it is told of again.
            put(device, dueAt: max(now, search?.at ?? 0), beyond: 0, nil)
        } else if until <= now || urgent != nil {
            put(device, dueAt: now, beyond: mark.through, urgent)
        } else {
            if let provider = mark.provider, now - mark.wokenAt <= RecentWakes.minute {
                recent.note(device, by: provider, at: mark.wokenAt)
            }
            cool(device, until: until, through: mark.through)
        }
    }

    mutating func put(_ device: DeviceKey, dueAt at: Int64, beyond: Position, _ cause: WakeCause?) {
        states[device] = .due(at: at, beyond: beyond, cause)
        queue.insert(Entry(at: at, device: device))
    }

    /// The next device that is due.
    mutating func takeDue(at now: Int64) -> (device: DeviceKey, beyond: Position, cause: WakeCause?)? {
        while let first = queue.min, first.at <= now {
            queue.removeMin()
            switch states[first.device] {
            case .due(first.at, let beyond, let cause):
                states[first.device] = nil
                return (first.device, beyond, cause)
            case .cooling(first.at, let through):
                states[first.device] = nil
                return (first.device, through, nil)
            default: continue
            }
        }
        return nil
    }

    // MARK: Asking

    mutating func ask(_ device: DeviceKey, through: Position, _ urgency: Urgency, at now: Int64) {
        states[device] = .asked(through: through)
        if urgency == .urgent { urgentAt[device] = now }
    }

    /// What a device has left unread was looked for: there is some, for which it is woken again, or none.
    mutating func leftUnread(_ device: DeviceKey, _ hasMail: Bool) {
        fruitless[device] = hasMail ? (fruitless[device] ?? 0) + 1 : nil
    }

    /// What is waited for when an answer comes.
    enum Expected {
        /// This answer.
        case this
        /// That to a later question, for what came since.
        case another
        /// None: the device has come since, or is to be asked for anew.
        case none
    }

    mutating func answered(_ device: DeviceKey, through mark: Position) -> Expected {
        switch states[device] {
        case .asked(mark):
            states[device] = nil
            return .this
        case .asked, .due(_, beyond: mark, _): return .another
        default: return .none
        }
    }

    /// It was woken, or a provider has refused to: for this mail it is not asked again.
    mutating func cool(_ device: DeviceKey, through: Position, at now: Int64) {
        cool(device, until: now + options.interval, through: through)
    }

    private mutating func cool(_ device: DeviceKey, until: Int64, through: Position) {
        states[device] = .cooling(until: until, through: through)
        queue.insert(Entry(at: until, device: device))
    }

    /// When there is something to do.
    func dueAt(_ now: Int64) -> Int64 {
        if look != nil || !fresh.isEmpty { return now }
        return min(queue.min?.at ?? .max, search?.at ?? .max)
    }
}
