import RestanteCore

/// A message as its sender wrote it, and what the sender was told about it.
struct LedgerMessage {
    let id: MessageID
    /// The sending device, by its number in the book; nil: the server made it.
    let author: Int?
    let recipient: Recipient?
    /// Sealed: the devices that a part was made for.
    var parts: [DeviceName]?
    var devicesVersion: Int64 = 0
    var bytes = 0
    var timeToLive: Int?
    var wantsReceipt = false
    /// Ticks of the book: the order of what it was told.
    var submittedAt = 0
    var acceptedTick: Int?
    /// The server's time, as first told.
    var acceptedAt: Int64?
    /// The server refused it, and never took it.
    var refused: ErrorCode?
    /// Tick at which the withdrawal was confirmed.
    var cancelledTick: Int?

    /// The rows that it makes in `accepted`.
    var rows: Int { parts?.count ?? 1 }

    /// Its payload says which message it is, so that two ids never carry the same.
    func payload(_ number: Int, for device: DeviceName? = nil) -> Payload {
        var payload = Array("\(number) \(device?.rawValue ?? "") ".utf8)
        payload += Payload(repeating: UInt8(truncatingIfNeeded: number), count: bytes)
        return payload
    }

    /// The same each time that it is sent (P4).
    func submission(_ number: Int) -> Submission? {
        guard let recipient else { return nil }
        let content: MessageContent =
            if let parts {
                .sealed(
                    parts.map { SealedPart(device: $0, payload: payload(number, for: $0)) },
                    devicesVersion: devicesVersion)
            } else {
                .payload(payload(number))
            }
        return Submission(id: id, to: recipient, content: content, timeToLive: timeToLive, receipt: wantsReceipt)
    }

    /// Where a device reads it.
    func conversation(for reader: DeviceAddress) -> Conversation? {
        if parts != nil { return .device(reader) }
        return switch recipient {
        case .user(let user): .user(user)
        case .device(let device): .device(device)
        case .group(let group): .group(group)
        case nil: nil
        }
    }
}
