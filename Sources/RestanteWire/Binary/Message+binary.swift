import RestanteCore

/// A `Deliver` but for its tag: the same bytes for every reader.
extension RestanteCore.Message {
    var binarySize: Int {
        BinarySize.field(from.binarySize) + BinarySize.field(conversation.binarySize) + BinarySize.id
            + BinarySize.number(UInt64(bitPattern: acceptedAt)) + BinarySize.number(UInt64(kind.rawValue))
            + (payload.isEmpty ? 0 : BinarySize.field(payload.count)) + BinarySize.number(UInt64(urgency.rawValue))
    }

    func writeBinary(_ writer: inout BinaryWriter) {
        writer.head(0x12, from.binarySize)
        from.writeBinary(&writer)
        writer.head(0x1A, conversation.binarySize)
        conversation.writeBinary(&writer)
        writer.id(0x22, id)
        writer.number(0x28, UInt64(bitPattern: acceptedAt))
        writer.number(0x30, UInt64(kind.rawValue))
        if !payload.isEmpty {
            writer.head(0x3A, payload.count)
            payload.withUnsafeBytes { writer.bytes($0) }
        }
        writer.number(0x40, UInt64(urgency.rawValue))
    }
}

extension RestanteCore.Sender {
    fileprivate var binarySize: Int {
        switch self {
        case .device(let address): BinarySize.field(address.binarySize)
        case .service(let name): BinarySize.text(name.rawValue)
        }
    }

    fileprivate func writeBinary(_ writer: inout BinaryWriter) {
        switch self {
        case .device(let address): address.writeBinary(0x0A, &writer)
        case .service(let name): writer.text(0x12, name.rawValue)
        }
    }
}

extension RestanteCore.Conversation {
    fileprivate var binarySize: Int {
        switch self {
        case .user(let name): BinarySize.text(name.rawValue)
        case .device(let address): BinarySize.field(address.binarySize)
        case .group(let name): BinarySize.text(name.rawValue)
        }
    }

    fileprivate func writeBinary(_ writer: inout BinaryWriter) {
        switch self {
        case .user(let name): writer.text(0x0A, name.rawValue)
        case .device(let address): address.writeBinary(0x12, &writer)
        case .group(let name): writer.text(0x1A, name.rawValue)
        }
    }
}

extension RestanteCore.DeviceAddress {
    fileprivate var binarySize: Int { BinarySize.text(user.rawValue) + BinarySize.text(device.rawValue) }

    fileprivate func writeBinary(_ key: UInt8, _ writer: inout BinaryWriter) {
        writer.head(key, binarySize)
        writer.text(0x0A, user.rawValue)
        writer.text(0x12, device.rawValue)
    }
}
