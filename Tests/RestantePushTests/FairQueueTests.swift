import Testing

@testable import RestantePush

struct FairQueueTests {
    @Test func takesTurnsAndKeepsTheOrderWithinAJob() {
        var queue = FairQueue<String>()
        for entry in ["a1", "a2", "a3"] { queue.append(entry, job: .wakes(1)) }
        for entry in ["b1", "b2"] { queue.append(entry, job: .wakes(2)) }
        var order: [String] = []
        while let entry = queue.popFirst() { order.append(entry) }
        #expect(order == ["a1", "b1", "a2", "b2", "a3"])
        #expect(queue.isEmpty)
    }

    @Test func removesWhatIsGone() {
        var queue = FairQueue<Int>()
        for number in 0..<10 { queue.append(number, job: .wakes(Int64(number % 3))) }
        queue.removeAll { $0 % 3 != 1 }
        #expect(queue.count == 3)
        #expect([queue.popFirst(), queue.popFirst(), queue.popFirst(), queue.popFirst()] == [1, 4, 7, nil])
    }
}
