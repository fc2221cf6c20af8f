import RestanteCore

extension ClientAction {
    /// Reads a send with one payload, or an acknowledgement; nil: the frame is for SwiftProtobuf to judge.
    ///
    /// The bytes of such a frame are exactly one field: 2, `send`, or 3, `ack`.
    init?(binary bytes: UnsafeRawBufferPointer, limits: Limits) {
        var reader = BinaryReader(bytes)
        guard let key = reader.byte(), let field = reader.bytes(), reader.isAtEnd else { return nil }
        switch key {
        case 0x12:
            guard let send = BinarySend(field), let submission = send.submission(limits) else { return nil }
            self = .send(submission)
        case 0x1A:
            var ack = BinaryReader(field)
            guard ack.byte() == 0x08, let through = ack.varint(), ack.isAtEnd else { return nil }
            self = .acknowledge(through: through)
        default: return nil
        }
    }
}

/// The fields of a `Send` that is not sealed, each at most once and in the order of their numbers.
private struct BinarySend {
    private var id: MessageID?
    private var recipient: Recipient?
    private var payload = UnsafeRawBufferPointer(start: nil, count: 0)
    private var groupVersion: Int64 = 0
    private var timeToLive: UInt32 = 0
    private var isUrgent = false
    private var isEphemeral = false
    private var wantsReceipt = false
    private var label: String?

    init?(_ bytes: UnsafeRawBufferPointer) {
        var reader = BinaryReader(bytes)
        var last: UInt8 = 0
        while let key = reader.byte() {
            guard key > last, take(key, &reader) else { return nil }
            last = key
        }
    }

    /// False: it is not as it should be.
    ///
    /// - Parameter key: number and wire type of the field.
    private mutating func take(_ key: UInt8, _ reader: inout BinaryReader) -> Bool {
        switch key {
        case 0x0A: assign(reader.bytes().flatMap { MessageID(bytes: $0) }, to: &id)
        case 0x12: takeRecipient(reader.name().map { .user(UserName(unchecked: $0)) })
        case 0x1A: takeRecipient(reader.bytes().flatMap { DeviceAddress(binary: $0) }.map { .device($0) })
        case 0x22: takeRecipient(reader.name().map { .group(GroupName(unchecked: $0)) })
        case 0x2A: assign(reader.bytes(), to: &payload)
        case 0x40: assign(reader.varint().map { Int64($0) }, to: &groupVersion)
        case 0x48: assign(reader.varint().flatMap { UInt32(exactly: $0) }, to: &timeToLive)
        case 0x50: assign(reader.flag(), to: &isUrgent)
        case 0x58: assign(reader.flag(), to: &isEphemeral)
        case 0x60: assign(reader.flag(), to: &wantsReceipt)
        case 0x6A: assign(reader.text(), to: &label)
        default: false
        }
    }

    private func assign<Value>(_ value: Value?, to field: inout Value) -> Bool {
        guard let value else { return false }
        field = value
        return true
    }

    private func assign<Value>(_ value: Value?, to field: inout Value?) -> Bool {
        field = value
        return value != nil
    }

    /// One of the three.
    private mutating func takeRecipient(_ new: Recipient?) -> Bool {
        guard recipient == nil, let new else { return false }
        recipient = new
        return true
    }

    /// The only copy of the payload is made here.
    func submission(_ limits: Limits) -> Submission? {
        guard let id, let recipient, payload.count <= limits.messageBytes else { return nil }
        let payload = [UInt8](unsafeUninitializedCapacity: payload.count) { memory, count in
            UnsafeMutableRawBufferPointer(memory).copyMemory(from: self.payload)
            count = self.payload.count
        }
        return Submission(
            id: id, to: recipient, content: .payload(payload), timeToLive: timeToLive == 0 ? nil : Int(timeToLive),
            urgency: isUrgent ? .urgent : .normal, ephemeral: isEphemeral, receipt: wantsReceipt,
            groupVersion: groupVersion == 0 ? nil : groupVersion, label: label == "" ? nil : label)
    }
}

extension DeviceAddress {
    fileprivate init?(binary bytes: UnsafeRawBufferPointer) {
        var reader = BinaryReader(bytes)
        guard reader.byte() == 0x0A, let user = reader.name(), reader.byte() == 0x12, let device = reader.name(),
            reader.isAtEnd
        else { return nil }
        self.init(user: UserName(unchecked: user), device: DeviceName(unchecked: device))
    }
}
