import RestanteCore

extension LedgerAudit {
    /// P2: the gaps that were told are those that the database has, and their counts are what is missing.
    mutating func checkGaps() {
        var stored: [Int: [LedgerGap: Int64]] = [:]
        let ofServer = Int64(state.messages.count { $0.author == nil })
        for (log, losses) in store.losses {
            guard let conversation = store.logs[log] else { continue }
            for loss in losses.values.joined() {
                guard let reader = numbers[loss.device], !store.unlinked.contains(loss.device) else { continue }
                stored[reader, default: [:]][LedgerGap(conversation: conversation, reason: loss.reason), default: 0] +=
                    loss.count
                checkCount(loss, conversation, reader, ofServer)
            }
        }
        for reader in state.readers.indices where rows[reader].map(store.unlinked.contains) == false {
            checkTold(reader, stored[reader] ?? [:])
        }
    }

    private mutating func checkTold(_ reader: Int, _ stored: [LedgerGap: Int64]) {
        let page = state.readers[reader]
        for gap in Set(stored.keys).union(page.gaps.keys) {
            let (count, told) = (stored[gap] ?? 0, page.gaps[gap] ?? 0)
            guard told <= count, count <= told + (page.unsureGaps[gap] ?? 0) else {
                breaks(
                    "P2: \(page.address) lost \(count) messages of \(gap.conversation) (\(gap.reason.name)),"
                        + " and was told of \(told), perhaps of \(page.unsureGaps[gap] ?? 0) more")
                continue
            }
        }
    }

    /// At least what users sent there and never came; at most that with what the server itself wrote to the log.
    private mutating func checkCount(
        _ loss: LedgerStore.Loss, _ conversation: Conversation, _ reader: Int, _ ofServer: Int64
    ) {
        var (missing, all): (Int64, Int64) = (0, 0)
        for (id, part) in store.messages(of: loss.log, from: loss.from, through: loss.through)
        where part.sender != loss.device {
            all += 1
            guard let number = state.numbers[id], !part.isCancelled else { continue }
            if loss.reason == .removed || !state.readers[reader].marks(number).contains(.delivered) { missing += 1 }
        }
        if loss.count < missing || loss.reason == .removed && loss.count > all + ofServer {
            breaks(
                "P2: \(state.readers[reader].address) misses \(missing) messages of \(conversation), and the gap"
                    + " (\(loss.reason.name)) says \(loss.count)")
        }
    }
}
