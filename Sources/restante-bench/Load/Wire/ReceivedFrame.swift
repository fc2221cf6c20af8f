import RestanteCore

/// What a generator needs to know of a frame from the server.
enum ReceivedFrame {
    case welcome
    /// `tag` is 0 for an ephemeral message.
    case deliver(tag: UInt64, MessageID)
    /// A gap, receipt or notice: must be acknowledged.
    case owed(tag: UInt64)
    case acked(through: UInt64)
    case drained
    case accepted(MessageID)
    /// The numbers of `code` are in docs/ERRORS.md.
    case rejected(MessageID, code: UInt64)
    case reply(request: UInt64)
    case failure(request: UInt64, code: UInt64)
    /// Milliseconds to wait before coming back.
    case closing(reconnectAfter: UInt64)
    case other

    /// Reads one `ServerFrame`; the numbers are those of restante.proto.
    init(_ bytes: UnsafeRawBufferPointer) {
        var reader = ProtoReader(bytes)
        var request: UInt64 = 0
        self = .other
        while let (field, value) = reader.next() {
            switch (field, value) {
            case (1, .number(let number)): request = number
            case (_, .bytes(let body)): self = Self.read(field, Fields(body), request)
            default: break
            }
        }
    }

    private static func read(_ field: UInt64, _ fields: Fields, _ request: UInt64) -> ReceivedFrame {
        switch field {
        case 2: .welcome
        case 3: .deliver(tag: fields.numbers.0, fields.id)
        case 4, 5, 6: .owed(tag: fields.numbers.0)
        case 7: .acked(through: fields.numbers.0)
        case 8: .drained
        case 9: .accepted(fields.id)
        case 11: .rejected(fields.id, code: fields.numbers.1)
        case 12: .reply(request: request)
        case 13: .failure(request: request, code: fields.numbers.0)
        case 15: .closing(reconnectAfter: fields.numbers.1)
        default: .other
        }
    }

    /// The first two fields as numbers, and the first field of 16 bytes, which is the message id.
    private struct Fields {
        var numbers: (UInt64, UInt64) = (0, 0)
        var id = MessageID(high: 0, low: 0)

        init(_ bytes: UnsafeRawBufferPointer) {
            var reader = ProtoReader(bytes)
            while let (field, value) = reader.next() {
                switch (field, value) {
                case (1, .number(let number)): numbers.0 = number
                case (2, .number(let number)): numbers.1 = number
                case (1, .bytes(let body)), (4, .bytes(let body)): if let id = MessageID(bytes: body) { self.id = id }
                default: break
                }
                // Payloads come after it and are of no interest.
                if field >= 4 { return }
            }
        }
    }
}
