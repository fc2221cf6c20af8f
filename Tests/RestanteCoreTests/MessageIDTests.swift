import RestanteCore
import Testing

@Suite struct MessageIDTests {
    /// The example of RFC 9562, appendix A.6.
    private let example = "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"

    @Test func readsTheExampleOfTheRFC() throws {
        let id = try #require(MessageID(example))
        #expect(id.isVersion7)
        #expect(id.milliseconds == 1_645_557_742_000)
        #expect(id.description == example)
        #expect(id.bytes.prefix(7) == [0x01, 0x7F, 0x22, 0xE2, 0x79, 0xB0, 0x7C])
        #expect(MessageID(bytes: id.bytes) == id)
        #expect(MessageID(example.uppercased()) == id)
    }

    @Test(arguments: [0, 1, 1_700_000_000_000, 0xFFFF_FFFF_FFFF] as [Int64])
    func madeForAMoment(milliseconds: Int64) {
        let id = MessageID(at: milliseconds)
        #expect(id.isVersion7)
        #expect(id.milliseconds == milliseconds)
        #expect(MessageID(id.description) == id)
    }

    @Test func beforeTheEpochIsTheEpoch() { #expect(MessageID(at: -1).milliseconds == 0) }

    @Test func twoOfOneMomentDiffer() { #expect(MessageID(at: 5) != MessageID(at: 5)) }

    @Test func orderIsThatOfTheBytes() {
        let ids = [(0, 1), (0, UInt64.max), (1, 0), (UInt64.max, 0), (UInt64.max, UInt64.max)]
            .map { MessageID(high: $0.0, low: $0.1) }
        #expect(ids.shuffled().sorted() == ids)
        for (one, next) in zip(ids, ids.dropFirst()) {
            #expect(one < next && one.bytes.lexicographicallyPrecedes(next.bytes))
        }
        #expect(MessageID(at: 1) < MessageID(at: 2))
    }

    @Test(arguments: [
        ("017f22e2-79b0-4cc3-98c4-dc0c0c07398f", false), ("017f22e2-79b0-7cc3-18c4-dc0c0c07398f", false),
        ("017f22e2-79b0-7cc3-c8c4-dc0c0c07398f", false), ("00000000-0000-0000-0000-000000000000", false),
        ("017f22e2-79b0-7000-8000-000000000000", true), ("017f22e2-79b0-7000-bfff-ffffffffffff", true),
    ])
    func versionAndVariant(text: String, isVersion7: Bool) throws {
        #expect(try #require(MessageID(text)).isVersion7 == isVersion7)
    }

    @Test(arguments: [
        "", "017f22e279b07cc398c4dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c07398",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398ff",
        "017f22e2-79b0-7cc3-98c4-dc0c0c07398g", "017f22e2_79b0_7cc3_98c4_dc0c0c07398f",
        "017f22e-279b0-7cc3-98c4-dc0c0c07398f", "017f22e2-79b0-7cc3-98c4-dc0c0c0739é",
    ])
    func otherTextIsNoID(text: String) { #expect(MessageID(text) == nil) }

    @Test(arguments: [0, 15, 17, 32])
    func otherLengthsAreNoID(count: Int) { #expect(MessageID(bytes: [UInt8](repeating: 7, count: count)) == nil) }
}
