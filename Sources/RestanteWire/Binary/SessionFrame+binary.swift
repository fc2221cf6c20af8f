import RestanteCore

/// The binary subprotocol: a `ServerFrame` is one field with a message in it.
extension SessionFrame {
    /// How many bytes ``writeBinary(to:)`` writes; nil: the frame is for SwiftProtobuf to write.
    public var binaryCount: Int? { content.map { BinarySize.field($0) } }

    /// Writes the frame, byte for byte as SwiftProtobuf does.
    ///
    /// - Parameter memory: exactly ``binaryCount`` bytes.
    public func writeBinary(to memory: UnsafeMutableRawBufferPointer) {
        guard let content else { preconditionFailure("a frame is written that has no size") }
        var writer = BinaryWriter(memory)
        switch self {
        case .message(let message, let tag):
            writer.head(0x1A, content)
            writer.number(0x08, tag)
            message.writeBinary(&writer)
        case .shared(let shared, let tag):
            writer.head(0x1A, content)
            writer.number(0x08, tag)
            shared.body.withUnsafeBytes { writer.bytes($0) }
        case .accepted(let id, let time, let duplicate):
            writer.head(0x4A, content)
            writer.id(0x0A, id)
            writer.number(0x10, UInt64(bitPattern: time))
            writer.number(0x18, duplicate ? 1 : 0)
        case .acked(let tag):
            writer.head(0x3A, content)
            writer.number(0x08, tag)
        case .other: break
        }
        precondition(writer.isFull, "a frame is shorter than its size")
    }

    /// Bytes of the message in the field.
    private var content: Int? {
        switch self {
        case .message(let message, let tag): BinarySize.number(tag) + message.binarySize
        case .shared(let shared, let tag): BinarySize.number(tag) + shared.body.count
        case .accepted(_, let time, let duplicate):
            BinarySize.id + BinarySize.number(UInt64(bitPattern: time)) + BinarySize.number(duplicate ? 1 : 0)
        case .acked(let tag): BinarySize.number(tag)
        case .other: nil
        }
    }
}
