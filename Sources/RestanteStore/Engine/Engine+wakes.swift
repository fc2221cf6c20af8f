import RestanteCore

/// Devices that are away while mail waits are woken.
///
/// At least once, and nothing is written for a message: a row of `push_targets` says up to where a provider has been asked for a device,
/// and what is behind that, and behind its cursors, is due. What was not answered when a process ends is asked for again by the next.
extension Engine {
    // MARK: Targets

    func registerPush(_ target: PushTarget, showing display: PushDisplay, for device: DeviceKey) throws {
        guard wakes.options.providers.contains(target.provider) else {
            throw Refusal(.unavailable, "this server wakes no devices by way of \(target.provider.name)")
        }
        try PushRow(target, display, registeredAt: now).insert(connection, for: device)
        wakes.turnOn()
    }

    func removePush(of device: DeviceKey) throws {
        try connection.run("DELETE FROM push_targets WHERE device_id = ?1", device)
    }

    /// As an operator asks for it: whatever waits, and nothing is noted.
    func wake(of address: DeviceAddress) throws -> Wake {
        guard let device = try directory.user(address.user)?.device(address.device) else { throw Refusal.noSuchDevice }
        guard let (row, target) = try pushTarget(of: device.key) else {
            throw Refusal(
                .notFound, "this device has not said where it is woken, or not by a provider that the server has")
        }
        return Wake(
            device: address, target: target, registeredAt: row.registeredAt, urgency: .urgent,
            deadline: now + wakes.options.deadline, text: row.display.placeholder)
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
                    if let wake = try wake(due.device, beyond: due.beyond, due.cause) { found.append(wake) }
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
            let found = try connection.all(
                "SELECT \(WakeMark.columns), device_id FROM push_targets JOIN devices USING (device_id)"
                    + " WHERE device_id > ?1 ORDER BY device_id LIMIT ?2", search.after, Self.stride
            ) { (device: $0.int(3), mark: WakeMark($0, head: positions.head)) }
            for (device, mark) in found where sessionOfDevice[device] == nil { wakes.resume(device, mark, at: now) }
            wakes.search = found.last.map { (after: $0.device, at: search.at) }
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
            if wakes.search != nil { try resume(reader.device) }
            wakes.mail(for: reader.device, look.cause, at: now)
        }
        if readers.count == Self.stride, let last = readers.last { wakes.look?.after = last } else { wakes.endLook() }
    }

    /// Mail has come for a device before the search that follows a start has come to it.
    private func resume(_ device: DeviceKey) throws {
        let mark = try connection.first(
            "SELECT \(WakeMark.columns) FROM push_targets JOIN devices USING (device_id) WHERE device_id = ?1", device
        ) { WakeMark($0, head: positions.head) }
        if let mark { wakes.resume(device, mark, at: now) }
    }

    /// Asks for a device to be woken; nil: it is there, cannot be woken, or nothing waits.
    private func wake(_ device: DeviceKey, beyond: Position, _ cause: WakeCause?) throws -> Wake? {
        guard sessionOfDevice[device] == nil, let (row, target) = try pushTarget(of: device),
            case .device(let address) = try directory.sender(device)
        else { return nil }
        let cursors = try cursors(of: device)
        guard let log = try logWithMail(for: device, behind: cursors, beyond: beyond) else {
            // What comes next in them is for it to hear of.
            for cursor in cursors { wakes.joined(cursor.log) }
            return nil
        }
        wakes.ask(device, through: positions.head)
        return Wake(
            device: address, target: target, registeredAt: row.registeredAt, urgency: cause?.urgency ?? .normal,
            deadline: now + wakes.options.deadline, text: row.display.text(with: cause?.label), job: log,
            mark: positions.head)
    }

    private func pushTarget(of device: DeviceKey) throws -> (row: PushRow, target: PushTarget)? {
        guard let row = try PushRow(connection, of: device), let target = row.target,
            wakes.options.providers.contains(target.provider)
        else { return nil }
        return (row, target)
    }

    /// Messages of a log that are looked at for one that the device is owed; more than that are taken for some.
    private static let lookedAt = 64

    /// The first log in which something waits for a device behind this position that it should hear of: what users and services
    /// sent, not who joined.
    private func logWithMail(for device: DeviceKey, behind cursors: [Cursor], beyond: Position) throws -> LogKey? {
        for cursor in cursors {
            let after = max(cursor.acked.seq, beyond)
            guard try head(of: cursor.log).seq > after else { continue }
            let seqs = try index.positions(
                of: cursor.log, after: after, through: cursor.until ?? .max, limit: Self.lookedAt)
            if seqs.count == Self.lookedAt { return cursor.log }
            for seq in seqs {
                guard let (row, _) = try message(seq), row.kind == .message, row.sender != device,
                    !row.flags.isTombstone
                else { continue }
                return cursor.log
            }
        }
        return nil
    }

    // MARK: Answers

    /// What became of a wake-up. Of one whose device has come since only that its target is gone, and that it came.
    func woken(_ wake: Wake, _ outcome: WakeOutcome) throws {
        guard let device = try directory.user(wake.device.user)?.device(wake.device.device)?.key else { return }
        let expected = wakes.answered(device, through: wake.mark)
        switch outcome {
        case .sent: try wasWoken(device, by: wake, expected)
        case .unregistered:
            try connection.run(
                "DELETE FROM push_targets WHERE device_id = ?1 AND registered_at = ?2", device, wake.registeredAt)
        case .refused:
            // Not asked for again for the same mail, in this process.
            if expected == .this { wakes.cool(device, through: wake.mark, wasWoken: false, at: now) }
        case .expired:
            // What has come since it was asked for may be had.
            if expected == .this { wakes.put(device, dueAt: now, beyond: wake.mark, nil) }
        }
    }

    private func wasWoken(_ device: DeviceKey, by wake: Wake, _ expected: WakeSchedule.Expected) throws {
        counts.woken += 1
        guard expected != .none else {
            // It was faster than its provider's answer, perhaps.
            if sessionOfDevice[device] != nil { counts.wokenAndCame += 1 }
            return
        }
        try connection.run(
            "UPDATE push_targets SET woken_through = ?3, woken_at = ?4"
                + " WHERE device_id = ?1 AND registered_at = ?2", device, wake.registeredAt, wake.mark, now)
        if expected == .this { wakes.cool(device, through: wake.mark, wasWoken: true, at: now) }
    }
}
