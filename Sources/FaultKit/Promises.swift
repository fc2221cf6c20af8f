import RestanteCore

/// What a store has told, and what it must keep of that after it was broken: P1 to P4.
struct Promises {
    private(set) var letters: [MessageID: Letter] = [:]
    private(set) var members: [GroupName: Set<UserName>] = [:]
    private(set) var registered: Set<DeviceAddress> = []
    /// Told to be forgotten: it must not come again.
    private var acknowledged: [DeviceAddress: Set<MessageID>] = [:]
    /// Asked to be forgotten: it may not come again.
    private var asked: [DeviceAddress: Set<MessageID>] = [:]
    /// The highest position at the last answer.
    private var head: Int64 = 0
    private var epoch: String?
    /// What was broken so far.
    private(set) var broken: [String] = []
    var acceptedCount: Int { letters.values.count { $0.state == .accepted } }
    var unanswered: [Letter] {
        letters.values.filter { $0.state == .unanswered }.sorted { $0.number < $1.number }
    }

    mutating func breaks(_ what: String) { broken.append(what) }

    // MARK: What is done

    mutating func handedOver(_ submission: Submission, from sender: DeviceAddress) {
        let readers = readers(of: submission.recipient).subtracting([sender])
        if letters[submission.id] != nil {
            if letters[submission.id]?.state == .unanswered {
                letters[submission.id]?.handedOverAgain(owed: readers)
            }
        } else {
            letters[submission.id] = Letter(
                number: letters.count, submission: submission, sender: sender, owed: readers)
            letters[submission.id]?.isInOrder = true
        }
    }

    /// A new member of a group loses what was left from the last time, and is told of a gap.
    mutating func adding(_ user: UserName, to group: GroupName) {
        for (id, letter) in letters where letter.submission.recipient == .group(group) {
            letters[id]?.excused.formUnion(letter.mayGet.filter { $0.user == user })
        }
    }

    mutating func asks(_ device: DeviceAddress, toForget id: MessageID) { asked[device, default: []].insert(id) }

    // MARK: What is told

    mutating func wasAnswered(_ id: MessageID, _ outcome: SendOutcome) {
        guard let letter = letters[id] else { return breaks("an answer to \(id), which nobody sent") }
        switch (letter.state, outcome) {
        case (.accepted, .accepted(_, duplicate: true)): break
        case (.accepted, _): breaks("\(id) was accepted, and sent again is answered \(outcome)")
        case (_, .accepted(_, let duplicate)):
            letters[id]?.state = .accepted
            if !duplicate { letters[id]?.owed = letter.owedNow }
        case (_, .rejected): letters[id]?.state = .rejected
        case (_, .relayed): breaks("\(id) was relayed")
        }
    }

    /// The power went before these were answered; they are sent again later than what followed.
    mutating func lostConnection() {
        for (id, letter) in letters where letter.state == .unanswered { letters[id]?.isInOrder = false }
    }

    mutating func forgot(_ device: DeviceAddress, _ id: MessageID) { acknowledged[device, default: []].insert(id) }

    mutating func claimed(_ device: DeviceAddress, _ claimed: Claimed) {
        registered.insert(device)
        if let epoch, epoch != claimed.epoch { breaks("the epoch changed from \(epoch) to \(claimed.epoch)") }
        epoch = claimed.epoch
    }

    mutating func group(_ name: GroupName, has users: Set<UserName>) { members[name] = users }

    mutating func head(is position: Int64) { head = max(head, position) }

    mutating func reopened(head position: Int64) {
        if position < head { breaks("position \(position + 1) is given out again: \(head) was already") }
    }

    // MARK: What comes

    mutating func got(_ message: Message, _ device: DeviceAddress) {
        guard message.kind == .message else { return }
        guard let letter = letters[message.id] else { return breaks("\(device) got \(message.id), which nobody sent") }
        if letter.state == .rejected { breaks("\(device) got \(message.id), which was rejected") }
        if letter.submission.content != .payload(message.payload) { breaks("\(device) got other bytes: \(message.id)") }
        if message.from != .device(letter.sender) { breaks("\(message.id) came from \(message.from)") }
        if !letter.mayGet.contains(device) && !isNew(device, letter) { breaks("\(device) got mail of another") }
        if acknowledged[device, default: []].contains(message.id) {
            breaks("\(device) got \(message.id) after its acknowledgement was told (P3)")
        }
    }

    /// Everything that a device was given in the end, in order.
    mutating func drained(_ device: DeviceAddress, _ ids: [MessageID]) {
        if Set(ids).count < ids.count { breaks("\(device) got a message twice in one session") }
        let there = Set(ids)
        for (id, letter) in letters where letter.state == .accepted && letter.owed.contains(device) {
            let mayBeGone = asked[device, default: []].contains(id) || letter.excused.contains(device)
            if !there.contains(id) && !mayBeGone {
                breaks("\(device) lost message \(letter.number), which was accepted (P1)")
            }
        }
        var last: [Lane: Int] = [:]
        for letter in ids.compactMap({ letters[$0] }) where letter.isInOrder && letter.state == .accepted {
            let lane = Lane(sender: letter.sender, recipient: letter.submission.recipient)
            if letter.number < last[lane, default: -1] { breaks("\(device) got \(letter.number) out of order (P5)") }
            last[lane] = letter.number
        }
    }

    private struct Lane: Hashable {
        let sender: DeviceAddress
        let recipient: Recipient
    }

    private func readers(of recipient: Recipient) -> Set<DeviceAddress> {
        switch recipient {
        case .user(let user): registered.filter { $0.user == user }
        case .device(let address): [address]
        case .group(let name): registered.filter { members[name, default: []].contains($0.user) }
        }
    }

    /// A device whose registration was not answered may exist nevertheless, and get what came after it.
    private func isNew(_ device: DeviceAddress, _ letter: Letter) -> Bool {
        device != letter.sender && readers(of: letter.submission.recipient).contains(device)
    }
}
