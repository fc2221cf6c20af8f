import RestanteCore

/// The book against the database: every promise that the two together can show to be broken.
struct LedgerAudit {
    private(set) var state: LedgerState
    let store: LedgerStore
    /// Pairs of a message and a device that it was owed to.
    private(set) var owed = 0
    /// The row of each device, by its number in the book.
    let rows: [Int64?]
    /// The number in the book of each row.
    let numbers: [Int64: Int]

    init(_ state: LedgerState, database: String) throws {
        self.state = state
        store = try LedgerStore(database)
        rows = state.readers.map { [devices = store.devices] in devices[$0.address] }
        numbers = Dictionary(
            rows.enumerated().compactMap { number, row in row.map { ($0, number) } },
            uniquingKeysWith: { first, _ in first })
        for fault in store.faults { breaks(fault) }
        for name in store.twice { breaks("\(name) was registered twice") }
        checkStored()
        checkOrderOfPositions()
        for number in state.messages.indices { checkDelivery(of: number) }
        for reader in state.readers.indices { checkOrder(of: reader) }
        checkReceipts()
        checkGaps()
    }

    var broken: [String] { state.broken }

    mutating func breaks(_ what: String) { state.breaks(what) }

    /// The parts of a message as the database has them.
    func parts(_ number: Int) -> [LedgerStore.Part] { store.parts[state.messages[number].id] ?? [] }

    /// P1: what was accepted is there, as it was told; what was refused is not.
    private mutating func checkStored() {
        for number in state.messages.indices {
            let message = state.messages[number]
            guard let author = message.author else { continue }
            let parts = parts(number)
            if let time = message.acceptedAt {
                if parts.count != message.rows || parts.contains(where: { $0.acceptedAt != time }) {
                    breaks("P1: \(state.name(number)) was accepted at \(time), and the database has \(parts)")
                }
            } else if message.refused != nil, !parts.isEmpty {
                breaks("\(state.name(number)) was refused (\(message.refused?.name ?? "")) and is stored")
            }
            if parts.contains(where: { $0.sender != rows[author] }) {
                breaks("\(state.name(number)) is stored as another's")
            }
            if message.refused == nil, message.acceptedAt == nil, state.readers[author].isPermanent {
                breaks("\(state.name(number)) never got an answer")
            }
        }
        for id in store.parts.keys where state.numbers[id] == nil { breaks("nobody sent \(id), which is stored") }
    }

    /// P5: what was sent after another message's `accepted` stands behind it, whoever sent the two.
    private mutating func checkOrderOfPositions() {
        let stored = state.messages.indices.compactMap { number in parts(number).first.map { ($0.seq, number) } }
        var latest: (submitted: Int, number: Int) = (0, 0)
        for (_, number) in stored.sorted(by: { $0.0 < $1.0 }) {
            let message = state.messages[number]
            if let told = message.acceptedTick, told < latest.submitted {
                breaks(
                    "P5: \(state.name(latest.number)) was sent after \(state.name(number)) was accepted, and stands before it"
                )
            }
            if message.submittedAt > latest.submitted { latest = (message.submittedAt, number) }
        }
    }

    /// P5: positions rise on each connection, over all logs.
    private mutating func checkOrder(of reader: Int) {
        var last: (seq: Int64, number: Int) = (0, 0)
        let address = state.readers[reader].address
        for number in state.readers[reader].order {
            guard number >= 0 else {
                last = (0, 0)
                continue
            }
            guard let seq = position(Int(number), for: address) else { continue }
            if seq <= last.seq {
                breaks(
                    "P5: \(address) got \(state.name(Int(number))) after \(state.name(last.number)), which stands behind it"
                )
            }
            last = (seq, Int(number))
        }
    }

    /// Nil: the server made it.
    private func position(_ number: Int, for reader: DeviceAddress) -> Int64? {
        let parts = parts(number)
        guard state.messages[number].parts != nil else { return parts.first?.seq }
        return parts.first { store.logs[$0.log] == .device(reader) }?.seq
    }

    mutating func countsOwed(_ count: Int) { owed += count }
}
