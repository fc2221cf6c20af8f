import CXXHash
import RestanteCore

/// The check value of a message's whole row: a flipped `log_id` is as bad as a flipped payload.
///
/// XXH3 finds accidents, not forgers: whoever can write to the file can do worse.
@inline(__always)
func rowChecksum(_ row: MessageRow) -> Int64 {
    let payload = row.payload.withUnsafeBytes { XXH3_64bits($0.baseAddress, $0.count) }
    var words:
        (
            Int64, Int64, Int64, UInt64, UInt64, Int64, Int64, Int64, Int64, Int64, UInt64
        ) = (
            row.seq, row.log, row.sender, row.id.high, row.id.low, row.acceptedAt, row.expiresAt,
            Int64(row.kind.rawValue) << 32 | row.flags.rawValue, row.logCount, row.logBytes, payload
        )
    return withUnsafeBytes(of: &words) { Int64(bitPattern: XXH3_64bits($0.baseAddress, $0.count)) }
}

/// What a message id stood for: recipient and content, in 16 bytes.
///
/// Only the sender's own messages share an id space with it, so a collision that is made on purpose fools nobody else.
func digest(of submission: Submission) -> [UInt8] {
    var seed = recipientHash(submission.recipient)
    switch submission.content {
    case .payload(let payload):
        return hash128(payload, seed: seed)
    case .sealed(let parts, _):
        for part in parts {
            seed = hash64(part.device.rawValue, seed: seed ^ 0x5EA1ED)
            seed = part.payload.withUnsafeBytes { XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
        }
        return hash128([], seed: seed)
    }
}

private func recipientHash(_ recipient: Recipient) -> UInt64 {
    switch recipient {
    case .user(let user): hash64(user.rawValue, seed: 1)
    case .device(let address): hash64(address.device.rawValue, seed: hash64(address.user.rawValue, seed: 2))
    case .group(let group): hash64(group.rawValue, seed: 3)
    }
}

private func hash64(_ text: String, seed: UInt64) -> UInt64 {
    var text = text
    return text.withUTF8 { XXH3_64bits_withSeed($0.baseAddress, $0.count, seed) }
}

private func hash128(_ bytes: [UInt8], seed: UInt64) -> [UInt8] {
    let hash = bytes.withUnsafeBytes { XXH3_128bits_withSeed($0.baseAddress, $0.count, seed) }
    return MessageID(high: hash.high64, low: hash.low64).bytes
}
