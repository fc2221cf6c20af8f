import FoundationEssentials
import RestanteCore
import RestanteWire
import SwiftProtobuf

/// Random numbers that are the same in every run (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
    private var state: UInt64

    init(_ seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

extension WireClientFrame {
    /// A send or an acknowledgement, as clients write them.
    static func random(using random: inout SeededGenerator) -> WireClientFrame {
        if Int.random(in: 0..<4, using: &random) == 0 {
            return .with { $0.ack.through = .randomSize(using: &random) }
        }
        return .with { $0.send = .random(using: &random) }
    }
}

extension WireSend {
    fileprivate static func random(using random: inout SeededGenerator) -> WireSend {
        var send = WireSend()
        send.messageID = Data((0..<16).map { _ in .random(in: 0...255, using: &random) })
        switch Int.random(in: 0..<3, using: &random) {
        case 0: send.user = .randomName(using: &random)
        case 1: send.group = .randomName(using: &random)
        default:
            send.device = .with {
                ($0.user, $0.device) = (.randomName(using: &random), .randomName(using: &random))
            }
        }
        let count = Int.random(in: 0...200, using: &random)
        send.payload = Data((0..<count).map { _ in .random(in: 0...255, using: &random) })
        if Bool.random(using: &random) { send.groupVersion = Int64(bitPattern: .randomSize(using: &random)) }
        if Bool.random(using: &random) { send.ttl = UInt32(truncatingIfNeeded: UInt64.randomSize(using: &random)) }
        send.urgency = Bool.random(using: &random) ? .urgent : .normal
        send.ephemeral = .random(using: &random)
        send.receipt = .random(using: &random)
        if Bool.random(using: &random) { send.label = .randomName(using: &random) }
        return send
    }
}

extension UInt64 {
    /// As often of few bits as of many.
    static func randomSize(using random: inout SeededGenerator) -> UInt64 {
        UInt64.random(in: 0...max, using: &random) >> UInt64.random(in: 0...63, using: &random)
    }
}

extension String {
    static func randomName(using random: inout SeededGenerator) -> String {
        let count = Int.random(in: 1...12, using: &random)
        return String((0..<count).map { _ in "abcXYZ019-_äßλ€👩‍👧😀\u{301}".randomElement(using: &random) ?? "a" })
    }
}
