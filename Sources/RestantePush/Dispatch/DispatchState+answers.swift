import RestanteCore

extension DispatchState {
    /// Takes the answer to an attempt.
    mutating func end(_ attempt: UInt64, _ answer: PushAnswer, took: Duration, now: Time) {
        guard let sent = attempts.removeValue(forKey: attempt) else { preconditionFailure("an answer to nothing") }
        judge(sent.lane, answer, took: took)
        lanes[sent.lane]?.end(answer)
        pause(sent.lane, answer, now)
        lines[sent.lane.provider]?.end(isNew: sent.isToNewHost)
        notes.append(.answered(sent.wake, answer, took: took))
        tellAlarm(answer, sent.lane, now)
        if let outcome = answer.outcome {
            settle(sent, outcome, attempt, now)
        } else {
            tryAgain(sent, answer, attempt, now)
        }
        // It has fewer under way than when it came to stand where it does, and may be known now, or slow.
        lanes[sent.lane]?.place = nil
        standInLine(sent.lane)
        forgetIfUnused(sent.lane)
    }

    private mutating func settle(_ sent: Sending, _ outcome: WakeOutcome, _ attempt: UInt64, _ now: Time) {
        // Also of a wake that was cancelled: that its target is gone, say, is worth knowing nevertheless.
        notes.append(.ended(sent.wake, outcome))
        guard let (_, next) = current(sent, attempt) else { return }
        remove(sent.wake.device)
        if let next { add(next, job: .secondTries, now: now) }
    }

    private mutating func tryAgain(_ sent: Sending, _ answer: PushAnswer, _ attempt: UInt64, _ now: Time) {
        guard let (former, next) = current(sent, attempt) else { return }
        var wake = former
        if let next, next.target != wake.wake.target {
            remove(next.device)
            return add(next, job: .secondTries, now: now)
        }
        if let next { wake.replace(with: next, giveUpAt: now.uptime + .milliseconds(next.deadline - now.wall)) }
        wake.failures += 1
        wake.mayHurry = if case .retry(_, _, of: .all) = answer { true } else { false }
        let until = now.uptime + delay(answer, failures: wake.failures)
        wake.place = .delayed(until: until)
        wakes[wake.wake.device] = wake
        if wake.giveUpAt <= now.uptime { return end(wake, .expired) }
        noteDue(wake.wake.device)
    }

    /// The wake that an attempt was for, if it is still wanted, and what came after it.
    private func current(_ sent: Sending, _ attempt: UInt64) -> (PendingWake, next: Wake?)? {
        guard let wake = wakes[sent.wake.device], wake.serial == sent.serial,
            case .sending(attempt, let next) = wake.place
        else { return nil }
        return (wake, next)
    }

    private mutating func delay(_ answer: PushAnswer, failures: Int) -> Duration {
        var generator = generator
        defer { self.generator = generator }
        let backoff = limits.backoff
        switch answer {
        case .retry(let after?, _, _):
            // Never sooner than the back-off would: a provider that says 0 is not asked in a circle.
            return max(
                backoff.delay(after: after, using: &generator), backoff.delay(failures: failures, using: &generator))
        case .refused: return backoff.alarmDelay(failures: failures, using: &generator)
        case .retry, .taken, .unregistered: return backoff.delay(failures: failures, using: &generator)
        }
    }

    mutating func end(_ wake: PendingWake, _ outcome: WakeOutcome) {
        notes.append(.ended(wake.wake, outcome))
        remove(wake.wake.device)
    }

    private mutating func tellAlarm(_ answer: PushAnswer, _ lane: LaneName, _ now: Time) {
        guard case .refused(let reason, let alarm) = answer, alarm != .none,
            lines[lane.provider]?.isNewAlarm(reason, of: lane, at: now.uptime) == true
        else { return }
        notes.append(.alarm(lane.provider, reason: reason, of: alarm))
    }
}
