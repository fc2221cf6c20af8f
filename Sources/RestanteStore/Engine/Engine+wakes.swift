import RestanteCore

/// Devices that are away while mail waits are woken.
///
/// At least once, and nothing is written for a message: a row of `push_targets` says up to where a provider has been asked for a device,
/// and what is behind that, and behind its cursors, is due. What was not answered when a process ends is asked for again by the next.
extension Engine {
    // MARK: Targets

    func registerPush(_ target: PushTarget, for device: DeviceKey) throws {
        guard wakes.options.providers.contains(target.provider) else {
            throw Refusal(.unavailable, "this server wakes no devices by way of \(target.provider.name)")
        }
        let row = PushRow(target)
        try connection.run(
            "INSERT OR REPLACE INTO push_targets(device_id, provider, token, app, sandbox, key, secret, registered_at)"
                + " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
            device, row.provider, row.token, row.app, row.sandbox, row.key, row.secret, now)
        wakes.turnOn()
    }

    func removePush(of device: DeviceKey) throws {
        try connection.run("DELETE FROM push_targets WHERE device_id = ?1", device)
    }

    /// As an operator asks for it: whatever waits, and nothing is noted.
    func wake(of address: DeviceAddress) throws -> Wake {
        guard let device = try directory.user(address.user)?.device(address.device) else { throw Refusal.noSuchDevice }
        guard let (target, registeredAt) = try pushTarget(of: device.key) else {
            throw Refusal(
                .notFound, "this device has not said where it is woken, or not by a provider that the server has")
        }
        return Wake(
            device: address, target: target, registeredAt: registeredAt, urgency: .urgent,
            deadline: now + wakes.options.deadline)
    }

    // MARK: Slices

    var areWakesDue: Bool { wakes.isOn && wakes.dueAt(now) <= now }

    /// Nanoseconds until something will be due if nothing happens.
    var wakesDueIn: UInt64 {
        guard wakes.isOn else { return .max / 2 }
        let now = now
        let dueAt = wakes.dueAt(now)
        return UInt64(min(max(0, dueAt == .max ? .max : dueAt - now), 3_600_000)) * 1_000_000
    }

    /// One slice of finding out who is to be woken.
    func wakesSlice() throws -> [Wake] {
        try paces.wakes.slice { deadline in
            var found: [Wake] = []
            try transaction {
                try searchMarks(until: deadline)
                while monotonicNanoseconds() < deadline, let look = wakes.nextLook(at: now) { try take(look) }
                while monotonicNanoseconds() < deadline, let due = wakes.takeDue(at: now) {
                    if let wake = try wake(due.device, beyond: due.beyond, due.urgency) { found.append(wake) }
                }
            }
            return found
        }
    }

    /// Readers that are looked at between two looks at the clock.
    private static let stride = 256

    /// After a start: who was to be woken is told from the marks.
    private func searchMarks(until deadline: UInt64) throws {
        while let search = wakes.search, search.at <= now, monotonicNanoseconds() < deadline {
            let rows = try connection.all(
                "SELECT device_id, woken_through, woken_at FROM push_targets WHERE device_id > ?1 ORDER BY device_id LIMIT ?2",
                search.after, Self.stride
            ) { (device: $0.int(0), through: $0.int(1), at: $0.int(2)) }
            for row in rows where sessionOfDevice[row.device] == nil && wakes.states[row.device] == nil {
                // A clock that was set back must not have it wait for longer.
                let rest = row.at == 0 ? 0 : min(max(0, row.at + wakes.options.interval - now), wakes.options.interval)
                wakes.put(row.device, dueAt: now + rest, beyond: row.through, .normal)
            }
            wakes.search = rows.last.map { (after: $0.device, at: search.at) }
        }
    }

    private func take(_ look: WakeSchedule.Look) throws {
        let readers = try connection.all(
            "SELECT c.acked_seq, c.device_id FROM cursors c JOIN push_targets p USING (device_id)"
                + " WHERE c.log_id = ?1 AND c.until_seq IS NULL AND (c.acked_seq, c.device_id) > (?2, ?3)"
                + " ORDER BY c.acked_seq, c.device_id LIMIT ?4",
            look.log, look.after.acked, look.after.device, Self.stride
        ) { (acked: $0.int(0), device: $0.int(1)) }
        for reader in readers where sessionOfDevice[reader.device] == nil {
            wakes.mail(for: reader.device, look.urgency, at: now)
        }
        if readers.count == Self.stride, let last = readers.last { wakes.look?.after = last } else { wakes.endLook() }
    }

    /// Asks for a device to be woken; nil: it is there, cannot be woken, or nothing waits.
    private func wake(_ device: DeviceKey, beyond: Position, _ urgency: Urgency) throws -> Wake? {
        guard sessionOfDevice[device] == nil, let target = try pushTarget(of: device),
            case .device(let address) = try directory.sender(device)
        else { return nil }
        let cursors = try cursors(of: device)
        guard try hasMail(device, behind: cursors, beyond: beyond) else {
            // What comes next in them is for it to hear of.
            for cursor in cursors { wakes.joined(cursor.log) }
            return nil
        }
        wakes.ask(device, through: positions.head, urgency)
        return Wake(
            device: address, target: target.target, registeredAt: target.registeredAt, urgency: urgency,
            deadline: now + wakes.options.deadline)
    }

    private func pushTarget(of device: DeviceKey) throws -> (target: PushTarget, registeredAt: Int64)? {
        let row = try connection.first(
            "SELECT provider, token, app, sandbox, key, secret, registered_at FROM push_targets WHERE device_id = ?1",
            device
        ) { (PushRow($0), $0.int(6)) }
        guard let (row, registeredAt) = row, let target = row.target else { return nil }
        return wakes.options.providers.contains(target.provider) ? (target, registeredAt) : nil
    }

    /// Messages of a log that are looked at for one that the device is owed; more than that are taken for some.
    private static let lookedAt = 64

    /// Whether something waits for a device behind this position that it should hear of: what users and services sent, not who joined.
    private func hasMail(_ device: DeviceKey, behind cursors: [Cursor], beyond: Position) throws -> Bool {
        for cursor in cursors {
            let after = max(cursor.acked.seq, beyond)
            guard try head(of: cursor.log).seq > after else { continue }
            let seqs = try index.positions(
                of: cursor.log, after: after, through: cursor.until ?? .max, limit: Self.lookedAt)
            if seqs.count == Self.lookedAt { return true }
            for seq in seqs {
                guard let (row, _) = try message(seq), row.kind == .message, row.sender != device,
                    !row.flags.isTombstone
                else { continue }
                return true
            }
        }
        return false
    }

    // MARK: Answers

    /// What became of a wake-up. Of one that was cancelled meanwhile, since its device has come, only that its target is gone.
    func woken(_ wake: Wake, _ outcome: WakeOutcome) throws {
        guard let device = try directory.user(wake.device.user)?.device(wake.device.device)?.key else { return }
        let through = wakes.answered(device)
        switch outcome {
        case .sent:
            counts.woken += 1
            guard let through else { return }
            let now = now
            try connection.run(
                "UPDATE push_targets SET woken_through = max(woken_through, ?3), woken_at = ?4"
                    + " WHERE device_id = ?1 AND registered_at = ?2", device, wake.registeredAt, through, now)
            wakes.cool(device, until: now + wakes.options.interval, through: through)
        case .unregistered:
            try connection.run(
                "DELETE FROM push_targets WHERE device_id = ?1 AND registered_at = ?2", device, wake.registeredAt)
        case .refused:
            // Not asked for again for the same mail, in this process.
            if let through { wakes.cool(device, until: now + wakes.options.interval, through: through) }
        case .expired:
            for cursor in try cursors(of: device) { wakes.joined(cursor.log) }
        }
    }
}

/// A row of `push_targets`.
private struct PushRow {
    let provider: Int64
    let token: String
    let app: String
    let sandbox: Int64
    let key: [UInt8]?
    let secret: [UInt8]?

    init(_ target: PushTarget) {
        provider = Int64(target.provider.rawValue)
        switch target {
        case .apns(let token, let topic, let sandbox):
            (self.token, app, self.sandbox, key, secret) = (token, topic, sandbox ? 1 : 0, nil, nil)
        case .fcm(let token, let app):
            (self.token, self.app, sandbox, key, secret) = (token, app, 0, nil, nil)
        case .webPush(let endpoint, let key, let secret):
            (token, app, sandbox, self.key, self.secret) = (endpoint, "", 0, key, secret)
        }
    }

    init(_ row: borrowing Statement) {
        provider = row.int(0)
        token = row.text(1)
        app = row.text(2)
        sandbox = row.int(3)
        key = row.bytes(4)
        secret = row.bytes(5)
    }

    /// Nil: a provider that this version does not know.
    var target: PushTarget? {
        switch PushProvider(rawValue: Int(provider)) {
        case .apns: .apns(token: token, topic: app, sandbox: sandbox != 0)
        case .fcm: .fcm(token: token, app: app)
        case .webPush: .webPush(endpoint: token, key: key ?? [], secret: secret ?? [])
        case nil: nil
        }
    }
}
