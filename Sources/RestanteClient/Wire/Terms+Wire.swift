import FoundationEssentials
import RestanteCore
import RestanteWire

// From the terms of the wire to those of Core. What has no place there is a server that speaks another protocol.

extension WireError {
    static func nonsense(_ what: String) -> WireError { WireError(.invalidData, "the server sent \(what)") }
}

extension Name {
    static func read(_ text: String) throws(WireError) -> Self {
        guard let name = Self(rawValue: text) else { throw .nonsense("a name that is none") }
        return name
    }
}

extension MessageID {
    static func read(_ bytes: Data) throws(WireError) -> MessageID {
        guard let id = MessageID(bytes: bytes) else { throw .nonsense("a message id that is none") }
        return id
    }
}

extension [MessageID] {
    init(reading ids: [Data]) throws(WireError) {
        self = []
        for id in ids { append(try .read(id)) }
    }
}

extension DeviceAddress {
    init(_ it: WireDeviceAddress) throws(WireError) {
        self.init(user: try .read(it.user), device: try .read(it.device))
    }
}

extension Sender {
    init(_ it: WireSender) throws(WireError) {
        switch it.sender {
        case .device(let address): self = .device(try DeviceAddress(address))
        case .service(let name): self = .service(try .read(name))
        case nil: throw .nonsense("a message from nobody")
        }
    }
}

extension Conversation {
    init(_ it: WireConversation) throws(WireError) {
        switch it.conversation {
        case .user(let name): self = .user(try .read(name))
        case .device(let address): self = .device(try DeviceAddress(address))
        case .group(let name): self = .group(try .read(name))
        case nil: throw .nonsense("something of no conversation")
        }
    }
}

extension MessageKind {
    init(_ it: WireKind) throws(WireError) {
        guard let kind = MessageKind(rawValue: it.rawValue) else {
            throw .nonsense("a kind of message of a later version")
        }
        self = kind
    }
}

extension LossReason {
    init(_ it: WireLossReason) throws(WireError) {
        guard let reason = LossReason(rawValue: it.rawValue) else { throw .nonsense("a loss without reason") }
        self = reason
    }
}

extension Role {
    init(_ it: WireRole) { self = it == .admin ? .admin : .member }
}
