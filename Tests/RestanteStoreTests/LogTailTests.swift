import Testing

@testable import RestanteStore

@Suite struct LogTailTests {
    /// Beside a plain list of each log.
    @Test func itIsWhatAListOfEachLogIs() {
        var random = SystemRandomNumberGenerator()
        var tail = LogTail()
        var lists: [LogKey: [Position]] = [:]
        for seq in Position(1)...2000 {
            let log = LogKey.random(in: 1...20, using: &random)
            tail.append(log, seq)
            lists[log, default: []].append(seq)
            guard seq % 7 == 0 else { continue }
            let swept = LogKey.random(in: 1...20, using: &random)
            let through = Position.random(in: max(0, seq - 300)...seq, using: &random)
            tail.drop(swept, through: through)
            lists[swept]?.removeAll { $0 <= through }
        }
        #expect(tail.size == 2000)
        #expect(tail.count == lists.values.map(\.count).reduce(0, +))
        for (log, list) in lists {
            #expect(tail.positions(of: log, after: .min, through: .max) == list)
            #expect(tail.positions(of: log, after: 500, through: 1500) == list.filter { 501...1500 ~= $0 })
            #expect(tail.before(1500, of: log, limit: 3) == Array(list.filter { $0 <= 1500 }.reversed().prefix(3)))
            #expect(tail.last(of: log) == list.last)
        }
    }

    @Test func aLogWithoutEntriesIsEmpty() {
        var tail = LogTail()
        tail.append(1, 5)
        tail.drop(1, through: 4)
        tail.drop(2, through: 9)
        #expect(tail.count == 1)
        tail.drop(1, through: 5)
        tail.drop(1, through: 5)
        #expect(tail.count == 0 && tail.logs.isEmpty)
        #expect(tail.last(of: 1) == nil && tail.positions(of: 1, after: 0, through: 9) == [])
    }
}
