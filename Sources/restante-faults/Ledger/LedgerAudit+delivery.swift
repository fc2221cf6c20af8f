import RestanteCore

extension LedgerAudit {
    /// P2, P3: everyone who was to get it got it, is told that it is lost, or is still owed it; and nobody else got it.
    mutating func checkDelivery(of number: Int) {
        guard state.messages[number].author != nil else { return }
        let parts = parts(number)
        var owedTo: Set<Int> = []
        for part in parts {
            if store.logs[part.log] == nil { breaks("\(state.name(number)) is of a log that is not there") }
            for cursor in store.cursors[part.log] ?? [] where cursor.covers(part.seq) && cursor.device != part.sender {
                guard let reader = numbers[cursor.device] else { continue }
                owedTo.insert(reader)
                checkDelivery(of: number, part, to: reader, cursor)
            }
        }
        countsOwed(owedTo.count)
        for reader in state.readers.indices
        where state.readers[reader].marks(number).contains(.delivered) && !owedTo.contains(reader) {
            breaks("\(state.name(number)) came to \(state.readers[reader].address), and is not for it (or not stored)")
        }
        guard !parts.isEmpty else { return }
        for reader in permanentReaders(of: number) where !owedTo.contains(reader) {
            breaks("P2: \(state.name(number)) was accepted, and \(state.readers[reader].address) is not owed it")
        }
    }

    private mutating func checkDelivery(
        of number: Int, _ part: LedgerStore.Part, to reader: Int, _ cursor: LedgerStore.Cursor
    ) {
        let marks = state.readers[reader].marks(number)
        let what = "\(state.name(number)) for \(state.readers[reader].address)"
        let loss = store.losses[part.log]?[cursor.device]?.first { $0.from <= part.seq && part.seq <= $0.through }
        if let loss {
            if marks.contains(.confirmed) {
                breaks("\(what) was acknowledged and is counted in a gap(\(loss.reason.name))")
            }
        } else if cursor.acked >= part.seq {
            if !part.isCancelled, !marks.contains(.requested) {
                breaks(
                    "P2: the cursor has passed \(what), which \(marks == [] ? "never came" : "was not acknowledged")")
            }
        } else if marks.contains(.confirmed) {
            breaks("P3: \(what) was acknowledged for good, and the cursor is before it")
        } else if cursor.reason == 0, !part.isCancelled {
            breaks("P2: a cursor ended before \(what), and says that all was delivered")
        } else if cursor.reason == Int64(LossReason.removed.rawValue), !part.isCancelled {
            breaks("P2: a cursor ended before \(what), and no gap tells of it")
        }
    }

    /// Devices that a message is for whatever the database says.
    private func permanentReaders(of number: Int) -> [Int] {
        let message = state.messages[number]
        return state.readers.indices.filter { reader in
            let address = state.readers[reader].address
            guard state.readers[reader].isPermanent, reader != message.author else { return false }
            return switch message.recipient {
            case .user(let user): user == address.user && message.parts?.contains(address.device) != false
            case .device(let device): device == address
            case .group(let group): group == LedgerWorld.core
            case nil: false
            }
        }
    }

    /// Every reader of a message that asked for it is told of, once somebody has it for good.
    mutating func checkReceipts() {
        for number in state.messages.indices where state.messages[number].wantsReceipt {
            guard let author = state.messages[number].author, let row = rows[author], !store.unlinked.contains(row)
            else {
                continue
            }
            for reader in state.readers where reader.marks(number).contains(.confirmed) {
                let receipt = LedgerReceipt(number: number, reader: reader.address.user)
                if !state.readers[author].receipts.contains(receipt) {
                    breaks("\(reader.address) has \(state.name(number)), and its sender was given no receipt")
                }
            }
        }
    }
}
