import RestanteClient
import RestanteCore

extension LedgerState {
    /// An event of a client, as the app reads it.
    mutating func saw(_ event: ClientEvent, _ session: Int) {
        guard let reader = sessions[session]?.reader else { return }
        switch event {
        case .welcome(let welcome):
            closes(session)
            sessions[session]?.isWelcomed = true
            if let epoch, epoch != welcome.epoch { breaks("the epoch is \(welcome.epoch) and was \(epoch)") }
            epoch = welcome.epoch
        case .delivery(let owed, let token): came(owed, token, session, reader)
        case .acknowledged(let token): confirmed(token, session)
        case .epochChanged(let former, let new): breaks("the epoch is \(new) and was \(former)")
        case .drained: sessions[session]?.isDrained = true
        case .disconnected: closes(session)
        case .relayed, .closing: break
        }
    }

    private mutating func came(_ owed: Owed, _ token: DeliveryToken, _ session: Int, _ reader: Int) {
        sessions[session]?.connection = token.connection
        sessions[session]?.last = token
        let what: LedgerSession.Open
        switch owed {
        case .message(let message): what = .message(came(message, session, reader))
        case .gap(let conversation, let count, let reason):
            counts.gaps += 1
            if reason == .damaged { breaks("\(readers[reader].address) was told that \(conversation) is damaged") }
            if count < 1 { breaks("\(readers[reader].address) was told of a gap of \(count)") }
            what = .gap(LedgerGap(conversation: conversation, reason: reason), count)
        case .receipt(let conversation, let user, let ids):
            what = .receipts(ids.compactMap { receipt($0, conversation, user, reader, session) })
        case .undelivered(let ids, let reason):
            what = .undelivered
            for id in ids { undelivered(id, reason, reader) }
        }
        sessions[session]?.open.append((token.tag, what))
    }

    private mutating func came(_ message: Message, _ session: Int, _ reader: Int) -> Int {
        counts.delivered += 1
        let address = readers[reader].address
        let number = number(of: message, address)
        let marks = readers[reader].marks(number)
        if marks.contains(.delivered) { counts.again += 1 }
        if marks.contains(.confirmed), isAlone(session) {
            breaks("P3: \(name(number)) came back to \(address) after its acknowledgement was durable")
        }
        if sessions[session]?.seen.insert(number).inserted == false {
            breaks("\(name(number)) came twice to \(address) on one connection")
        }
        if messages[number].author == reader { breaks("\(name(number)) came back to its sender") }
        if let cancelled = messages[number].cancelledTick, let begun = sessions[session]?.begunAt, cancelled < begun {
            breaks("\(name(number)) came to \(address) after it was withdrawn")
        }
        readers[reader].mark(number, .delivered)
        sessions[session]?.order.append(Int32(truncatingIfNeeded: number))
        return number
    }

    /// What came must be what was sent, to where it was sent.
    private mutating func number(of message: Message, _ reader: DeviceAddress) -> Int {
        guard let number = numbers[message.id] else {
            if message.kind == .message { breaks("\(reader) got a message that nobody sent: \(message.id)") }
            return add(LedgerMessage(id: message.id, author: nil, recipient: nil))
        }
        guard message.kind == .message, let author = messages[number].author else { return number }
        let sent = messages[number]
        let part = sent.parts == nil ? nil : reader.device
        if message.from != .device(readers[author].address) || message.conversation != sent.conversation(for: reader)
            || message.payload != sent.payload(number, for: part)
        {
            breaks("\(name(number)) is not what \(reader) got: from \(message.from), to \(message.conversation)")
        }
        return number
    }

    /// Two clients of a device are read at once while one displaces the other: what the older one has in its queue came
    /// before, and says nothing.
    private func isAlone(_ session: Int) -> Bool {
        let reader = sessions[session]?.reader
        return !sessions.contains { $0.key != session && $0.value.reader == reader }
    }

    // MARK: What senders are owed

    private mutating func receipt(
        _ id: MessageID, _ conversation: Conversation, _ user: UserName, _ reader: Int, _ session: Int
    ) -> LedgerReceipt? {
        counts.receipts += 1
        let address = readers[reader].address
        guard let number = numbers[id], messages[number].author == reader, messages[number].wantsReceipt else {
            breaks("\(address) got a receipt that it did not ask for: \(id)")
            return nil
        }
        let receipt = LedgerReceipt(number: number, reader: user)
        if messages[number].parts == nil, messages[number].conversation(for: address) != conversation {
            breaks("a receipt of \(name(number)) names \(conversation)")
        }
        if !readers.contains(where: { $0.address.user == user && $0.marks(number).contains(.requested) }) {
            breaks("a receipt says that \(user) has \(name(number)), and no device of \(user) acknowledged it")
        }
        if readers[reader].confirmedReceipts.contains(receipt), isAlone(session) {
            breaks("a receipt of \(name(number)) by \(user) came back after its acknowledgement was durable")
        }
        readers[reader].receipts.insert(receipt)
        return receipt
    }

    private mutating func undelivered(_ id: MessageID, _ reason: LossReason, _ reader: Int) {
        counts.undelivered += 1
        guard let number = numbers[id], messages[number].author == reader else {
            return breaks("\(readers[reader].address) was told that another's message is undelivered: \(id)")
        }
        if readers.contains(where: { $0.marks(number).contains(.confirmed) }) {
            breaks("\(name(number)) is said to be undelivered (\(reason.name)), and somebody has it")
        }
    }

    // MARK: Acknowledging

    /// The device is about to acknowledge everything up to this token.
    mutating func acknowledges(_ token: DeliveryToken, _ session: Int) {
        guard let entry = sessions[session], entry.connection == token.connection else { return }
        if entry.isSucceeded {
            sessions[session]?.firstLateTag = min(entry.firstLateTag ?? .max, token.tag)
            return
        }
        sessions[session]?.requestedThrough = max(entry.requestedThrough, token.tag)
        for case (let tag, .message(let number)) in entry.open where tag <= token.tag {
            readers[entry.reader].mark(number, .requested)
        }
    }

    private mutating func confirmed(_ token: DeliveryToken, _ session: Int) {
        guard let entry = sessions[session], entry.connection == token.connection else { return }
        let address = readers[entry.reader].address
        if let late = entry.firstLateTag, token.tag >= late, entry.requestedThrough < token.tag {
            breaks("P8: \(address) was displaced, and what it acknowledged afterwards counted")
        } else if token.tag > entry.requestedThrough {
            breaks("\(address) was told that tag \(token.tag) is acknowledged, and it did not acknowledge it")
        }
        for (tag, what) in entry.open where tag <= token.tag { confirmed(what, entry.reader) }
        sessions[session]?.open.removeAll { $0.tag <= token.tag }
    }

    private mutating func confirmed(_ what: LedgerSession.Open, _ reader: Int) {
        switch what {
        case .message(let number):
            readers[reader].mark(number, .confirmed)
        case .gap(let gap, let count): readers[reader].gaps[gap, default: 0] += count
        case .receipts(let receipts): readers[reader].confirmedReceipts.formUnion(receipts)
        case .undelivered: break
        }
    }

    /// The newer session of a device was welcomed: if the older one's connection is still the one that it displaced, it is
    /// nobody now. Gives back its last token, to acknowledge it too late.
    mutating func succeeds(_ older: Int, connection: UInt64) -> DeliveryToken? {
        counts.displaced += 1
        guard let entry = sessions[older], entry.isWelcomed, entry.connection == connection, let last = entry.last
        else { return nil }
        sessions[older]?.isSucceeded = true
        return last.tag > entry.requestedThrough ? last : nil
    }
}
