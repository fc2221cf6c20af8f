import DequeModule

/// What wakes are part of, as far as turns go.
enum Job: Hashable {
    /// Those with this ``RestanteCore/Wake/job``, whenever they came.
    case wakes(Int64)
    /// All that are tried again: they do not hold up what is new.
    case secondTries
}

/// Jobs that take turns: however long one is, what comes in another waits for one of its entries, not for all.
struct FairQueue<Entry: Sendable>: Sendable {
    private var jobs: [Job: Deque<Entry>] = [:]
    private var turns: Deque<Job> = []
    private(set) var count = 0

    var isEmpty: Bool { count == 0 }

    mutating func append(_ entry: Entry, job: Job) {
        if jobs[job] == nil { turns.append(job) }
        jobs[job, default: []].append(entry)
        count += 1
    }

    mutating func popFirst() -> Entry? {
        guard let job = turns.popFirst() else { return nil }
        guard let entry = jobs[job]?.popFirst() else { preconditionFailure("a job without entries has a turn") }
        if jobs[job]?.isEmpty == true { jobs[job] = nil } else { turns.append(job) }
        count -= 1
        return entry
    }

    mutating func removeAll(where isGone: (Entry) -> Bool) {
        for job in turns {
            jobs[job]?.removeAll(where: isGone)
            if jobs[job]?.isEmpty == true { jobs[job] = nil }
        }
        turns.removeAll { jobs[$0] == nil }
        count = jobs.values.reduce(0) { $0 + $1.count }
    }
}
