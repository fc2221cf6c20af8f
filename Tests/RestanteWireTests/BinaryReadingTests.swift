import FoundationEssentials
import RestanteCore
import SwiftProtobuf
import Testing

@testable import RestanteWire

/// What reads the traffic says of any bytes what SwiftProtobuf says of them: the same action, or the same error.
@Suite struct BinaryReadingTests {
    @Test(arguments: 0..<20 as Range<UInt64>)
    func randomFrames(seed: UInt64) {
        var random = SeededGenerator(seed)
        for _ in 0..<100 { expectAgreement(Self.encode(.random(using: &random))) }
    }

    @Test(arguments: 0..<20 as Range<UInt64>)
    func truncatedAndMutatedFrames(seed: UInt64) {
        var random = SeededGenerator(1000 + seed)
        for _ in 0..<8 {
            let bytes = Self.encode(.random(using: &random))
            for length in bytes.indices { expectAgreement(Array(bytes[..<length])) }
            for _ in 0..<200 { expectAgreement(Self.mutated(bytes, &random)) }
        }
    }

    /// Each byte of the shortest frames in turn as every other: the keys, the lengths and the ends of numbers among them.
    @Test(arguments: ClientSamples.sends + ClientSamples.plain.prefix(2))
    func everyByteAsEveryOther(sample: Sample<WireClientFrame>) {
        let bytes = Self.encode(sample.frame)
        var mutated = bytes
        for index in bytes.indices {
            for difference in 1...UInt8.max {
                mutated[index] = bytes[index] ^ difference
                expectAgreement(mutated)
            }
            mutated[index] = bytes[index]
        }
    }

    /// What a writer may do and ours does not.
    @Test(
        arguments: [
            // Nothing; an empty ack; one with a number in more bytes than it needs, or in ten, or past 64 bits.
            [], [0x1A, 0], [0x1A, 3, 0x08, 0x81, 0x00],
            [0x1A, 11, 0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x01],
            [0x1A, 11, 0x08] + [UInt8](repeating: 0xFF, count: 9) + [0x02],
            // Two acks, of which the last counts; a request id beside one; the length in two bytes.
            [0x1A, 2, 0x08, 1, 0x1A, 2, 0x08, 2], [0x08, 9, 0x1A, 2, 0x08, 1], [0x1A, 0x82, 0x00, 0x08, 1],
            [0x1A, 4, 0x08, 1, 0x08, 2],
            // Sends: two recipients, two payloads, fields out of order, an unknown field, flags that are neither 0 nor 1,
            // a time to live past 32 bits, an urgency that nobody knows.
            send([0x12, 1, 0x61, 0x22, 1, 0x67]), send([0x2A, 1, 1, 0x2A, 1, 2]), send([0x60, 1, 0x12, 1, 0x61]),
            send([0x12, 1, 0x61, 0x68, 1]), send([0x12, 1, 0x61, 0x60, 2]), send([0x12, 1, 0x61, 0x58, 0x81, 0x00]),
            send([0x12, 1, 0x61, 0x48, 0x80, 0x80, 0x80, 0x80, 0x10]), send([0x12, 1, 0x61, 0x50, 2]),
            send([0x12, 1, 0x61, 0x40] + [UInt8](repeating: 0xFF, count: 9) + [0x01]),
            // A label that is empty, not UTF-8, longer than there are bytes.
            send([0x12, 1, 0x61, 0x6A, 0]), send([0x12, 1, 0x61, 0x6A, 1, 0xFF]), send([0x12, 1, 0x61, 0x6A, 9, 0x61]),
            // A device's address twice, which is merged, without its user, and with its fields in turn.
            send([0x1A, 3, 0x0A, 1, 0x61, 0x1A, 3, 0x12, 1, 0x62]), send([0x1A, 3, 0x12, 1, 0x62]),
            send([0x1A, 6, 0x12, 1, 0x62, 0x0A, 1, 0x61]),
            // Names: empty, not UTF-8, a surrogate, overlong, U+0000.
            send([0x12, 0]), send([0x12, 1, 0xFF]), send([0x12, 3, 0xED, 0xA0, 0x80]), send([0x12, 2, 0xC0, 0x80]),
            send([0x12, 1, 0]), send([0x12, 3, 0xF0, 0x9F, 0x98]),
        ] as [[UInt8]])
    func unusual(bytes: [UInt8]) {
        expectAgreement(bytes)
    }

    @Test(arguments: [-1, 0, 1])
    func limits(over: Int) {
        let name = String(repeating: "ä", count: Limits.nameBytes / 2) + String(repeating: "x", count: max(over, 0))
        for frame in [
            Self.frame { $0.payload = Data(repeating: 7, count: Limits().messageBytes + over) },
            Self.frame { $0.user = name }, Self.frame { $0.group = name },
            Self.frame { $0.device = .with { ($0.user, $0.device) = ("a", name) } },
            Self.frame { $0.messageID = Data(repeating: 0x7F, count: 16 + over) },
        ] { expectAgreement(Self.encode(frame)) }
    }

    /// The traffic takes the short way: nothing that the tests above compare would differ if none ever did.
    @Test func theTrafficIsReadWithoutSwiftProtobuf() {
        for sample in ClientSamples.sends.prefix(3) { #expect(isTraffic(Self.encode(sample.frame))) }
        #expect(isTraffic(Self.encode(.with { $0.ack.through = 1 << 62 })))
        #expect(!isTraffic(Self.encode(ClientSamples.sends[3].frame)), "a sealed send")
    }

    private func isTraffic(_ bytes: [UInt8]) -> Bool {
        bytes.withUnsafeBytes { ClientAction(binary: $0, limits: RestanteCore.Limits()) } != nil
    }

    private func expectAgreement(_ bytes: [UInt8]) {
        let (read, expected) = (
            Result { () throws(WireError) in
                try WireFormat.proto.decodeAction(bytes, from: alice, limits: RestanteCore.Limits())
            },
            Result { () throws(WireError) in
                try WireFormat.proto.decodeActionBySchema(bytes, from: alice, limits: RestanteCore.Limits())
            }
        )
        if read != expected { Issue.record("\(bytes): \(read) instead of \(expected)") }
    }

    private static func encode(_ frame: WireClientFrame) -> [UInt8] { WireFormat.proto.encode(frame) }

    private static func frame(_ change: (inout WireSend) -> Void) -> WireClientFrame {
        .with {
            $0.send = ClientSamples.toBob
            change(&$0.send)
        }
    }

    /// A few bytes changed, taken out or put in.
    private static func mutated(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...3, using: &random) where !bytes.isEmpty {
            let index = Int.random(in: bytes.indices, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes.remove(at: index)
            case 1: bytes.insert(.random(in: 0...255, using: &random), at: index)
            case 2: bytes[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            default: bytes[index] = .random(in: 0...255, using: &random)
            }
        }
        return bytes
    }
}

/// A send in its frame: the id, and these fields.
private func send(_ fields: [UInt8]) -> [UInt8] {
    let content = [0x0A, 16] + [UInt8](sampleIDBytes) + fields
    return [0x12, UInt8(content.count)] + content
}
