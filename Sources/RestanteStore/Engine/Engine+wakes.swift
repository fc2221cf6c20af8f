import RestanteCore

/// Devices that are away while mail waits are woken.
///
/// At least once, and nothing is written for a message: a row of `push_targets` says up to where a provider has taken a wake-up for a device,
/// and what is behind that, and behind its cursors, is due. What was not answered when a process ends is asked for again by the next.
extension Engine {
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
                // In turns: neither may keep the other waiting for longer than it takes.
                while monotonicNanoseconds() < deadline, areWakesDue {
                    if let look = wakes.nextLook(at: now) { try take(look, until: deadline) }
                    found += try takeDue(until: deadline)
                }
            }
            return found
        }
    }

    private func takeDue(until deadline: UInt64) throws -> [Wake] {
        var found: [Wake] = []
        for _ in 1...Self.dueAtOnce {
            guard let due = wakes.takeDue(at: now) else { break }
            if let wake = try wake(due.device, beyond: due.beyond, due.cause) { found.append(wake) }
            if monotonicNanoseconds() >= deadline { break }
        }
        return found
    }

    /// Devices that are asked for between two looks at readers.
    private static let dueAtOnce = 16

    /// Readers that are looked at between two looks at the clock.
    private static let stride = 256

    /// After a start: who was to be woken is told from the marks.
    private func searchMarks(until deadline: UInt64) throws {
        while let search = wakes.search, search.at <= now, monotonicNanoseconds() < deadline {
            let found = try connection.all(
                "SELECT \(WakeMark.columns), device_id FROM push_targets JOIN devices USING (device_id)"
                    + " WHERE device_id > ?1 ORDER BY device_id LIMIT ?2", search.after, Self.stride
            ) { (device: $0.int(4), mark: WakeMark($0, head: positions.head)) }
            for (device, mark) in found {
                if sessionOfDevice[device] == nil { try resume(device, mark) }
                wakes.search?.after = device
                if monotonicNanoseconds() >= deadline { return }
            }
            if found.count < Self.stride { wakes.search = nil }
        }
    }

    private func take(_ look: WakeSchedule.Look, until deadline: UInt64) throws {
        // Those who cannot be woken count too: of a large group they are no more than that many at once.
        let readers = try connection.all(
            "SELECT c.acked_seq, c.device_id, p.device_id FROM cursors c LEFT JOIN push_targets p USING (device_id)"
                + " WHERE c.log_id = ?1 AND c.until_seq IS NULL AND (c.acked_seq, c.device_id) > (?2, ?3)"
                + " ORDER BY c.acked_seq, c.device_id LIMIT ?4",
            look.log, look.after.acked, look.after.device, Self.stride
        ) { (acked: $0.int(0), device: $0.int(1), canBeWoken: $0.optionalInt(2) != nil) }
        for reader in readers {
            try note(look.cause, forReader: reader.device, canBeWoken: reader.canBeWoken)
            wakes.look?.after = (reader.acked, reader.device)
            if monotonicNanoseconds() >= deadline { return }
        }
        if readers.count < Self.stride { wakes.endLook() }
    }

    private func note(_ cause: WakeCause, forReader device: DeviceKey, canBeWoken: Bool) throws {
        guard canBeWoken, sessionOfDevice[device] == nil else { return }
        if wakes.search != nil { try resume(device) }
        wakes.mail(for: device, cause, at: now)
    }

    /// A device that is away is owed no more of a log: what has come there until now may not have been looked at yet, and it is not
    /// among the readers from here on.
    func wakeWhoParts(_ device: DeviceKey, from log: LogKey) throws {
        guard sessionOfDevice[device] == nil, let cause = wakes.unlooked(log) else { return }
        if wakes.search != nil { try resume(device) }
        wakes.mail(for: device, cause, at: now)
    }

    /// Mail has come for a device before the search that follows a start has come to it.
    private func resume(_ device: DeviceKey) throws {
        if let mark = try WakeMark(connection, of: device, head: positions.head) { try resume(device, mark) }
    }

    private func resume(_ device: DeviceKey, _ mark: WakeMark) throws {
        guard wakes.states[device] == nil else { return }
        var urgent: WakeCause?
        // Only who is to be left alone has to be looked at.
        if !mark.wasHereSince, mark.wokenAt + wakes.options.interval > now,
            let mail = try waitingMail(
                for: device, behind: cursors(of: device), beyond: mark.through, seeksUrgent: true),
            mail.urgency == .urgent
        {
            urgent = WakeCause(log: mail.log, urgency: .urgent)
        }
        wakes.resume(device, mark, urgent, at: now)
    }

    /// Asks for a device to be woken; nil: it is there, cannot be woken, or nothing waits.
    private func wake(_ device: DeviceKey, beyond: Position, _ cause: WakeCause?) throws -> Wake? {
        guard sessionOfDevice[device] == nil, let (row, target) = try pushTarget(of: device),
            let mark = try WakeMark(connection, of: device, head: positions.head),
            case .device(let address) = try directory.sender(device)
        else { return nil }
        let cursors = try cursors(of: device)
        let mail = try waitingMail(
            for: device, behind: cursors, beyond: max(beyond, mark.position),
            seeksUrgent: cause?.urgency != .urgent)
        if cause == nil && beyond == 0 { wakes.leftUnread(device, mail != nil) }
        guard let mail else {
            // What comes next in them is for it to hear of.
            for cursor in cursors { wakes.joined(cursor.log) }
            return nil
        }
        let found = WakeCause(log: mail.log, urgency: mail.urgency, label: cause?.label)
        let cause = cause?.joined(with: found) ?? found
        wakes.ask(device, through: positions.head, cause.urgency, at: now)
        return Wake(
            device: address, target: target, registeredAt: row.registeredAt, urgency: cause.urgency,
            deadline: wallTime + wakes.options.deadline, text: row.display.text(with: cause.label), job: cause.log,
            mark: positions.head)
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
            if expected == .this { wakes.cool(device, through: wake.mark, at: now) }
        case .expired:
            // What has come since it was asked for may be had.
            if expected == .this { wakes.put(device, dueAt: now, beyond: wake.mark, nil) }
        }
    }

    private func wasWoken(_ device: DeviceKey, by wake: Wake, _ expected: WakeSchedule.Expected) throws {
        guard expected != .none else {
            // It was faster than its provider's answer, perhaps.
            if sessionOfDevice[device] != nil { counts.wokenAndCame[wake.target.provider, default: 0] += 1 }
            return
        }
        try connection.run(
            "UPDATE push_targets SET woken_through = ?3, woken_at = ?4"
                + " WHERE device_id = ?1 AND registered_at = ?2", device, wake.registeredAt, wake.mark, now)
        wakes.recent.note(device, by: wake.target.provider, at: now)
        if expected == .this { wakes.cool(device, through: wake.mark, at: now) }
    }
}
