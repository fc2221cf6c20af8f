public import RestanteCore

/// What a client's frame asks for.
public enum ClientAction: Sendable, Equatable {
    case send(Submission)
    case acknowledge(through: UInt64)
    case ping
    case request(Request, id: UInt64)
    /// The connection is to go on with this token, which has not been looked at yet.
    case refresh(token: String, id: UInt64)
    /// A well-formed send that cannot be served: answered with `rejected` and the id as it came, up to 64 bytes of it.
    case rejectSend(messageID: [UInt8], Refusal)
    /// A well-formed request that cannot be served: answered with `failure`.
    case failRequest(id: UInt64, Refusal)

    init(_ frame: WireClientFrame, from sender: DeviceAddress, limits: Limits) throws(WireError) {
        switch frame.frame {
        case .send(let send):
            self.init(send, limits: limits)
        case .ack(let ack):
            self = .acknowledge(through: ack.through)
        case .ping:
            self = .ping
        case nil:
            // A request of a later version is a field that we do not know.
            guard frame.requestID != 0 else { throw WireError(.badFrame, "a frame with nothing in it") }
            self = .failRequest(id: frame.requestID, Refusal(.unknownRequest, "this server does not know the request"))
        case let request?:
            guard frame.requestID != 0 else { throw WireError(.badFrame, "a request needs a request_id that is not 0") }
            self.init(request, id: frame.requestID, from: sender)
        }
    }

    private init(_ send: WireSend, limits: Limits) {
        do {
            self = .send(try Submission(send, limits: limits))
        } catch {
            self = .rejectSend(messageID: [UInt8](send.messageID.prefix(64)), error)
        }
    }

    private init(_ frame: WireClientFrame.OneOf_Frame, id: UInt64, from sender: DeviceAddress) {
        if case .refresh(let refresh) = frame {
            self = .refresh(token: refresh.token, id: id)
            return
        }
        do {
            self = .request(try Request(frame, from: .device(sender)), id: id)
        } catch {
            self = .failRequest(id: id, error)
        }
    }
}

extension Submission {
    /// Reads a send; whatever its shape breaks is a refusal.
    public init(_ send: WireSend, limits: Limits) throws(Refusal) {
        guard let id = MessageID(bytes: send.messageID) else {
            throw Refusal(.badID, "message_id is 16 bytes, a UUIDv7")
        }
        guard send.payload.count <= limits.messageBytes,
            send.sealed.reduce(0, { $0 + $1.payload.count }) <= limits.messageBytes
        else { throw Refusal(.tooLarge, "a message has at most \(limits.messageBytes) bytes of payload") }
        self.init(
            id: id, to: try Recipient(send.to), content: try MessageContent(send),
            timeToLive: send.ttl == 0 ? nil : Int(send.ttl), urgency: send.urgency == .urgent ? .urgent : .normal,
            ephemeral: send.ephemeral, receipt: send.receipt,
            groupVersion: send.groupVersion == 0 ? nil : send.groupVersion, label: send.label.isEmpty ? nil : send.label
        )
    }
}

extension Recipient {
    fileprivate init(_ to: WireSend.OneOf_To?) throws(Refusal) {
        switch to {
        case .user(let user): self = .user(try name(user, "user"))
        case .device(let address): self = .device(try DeviceAddress(address))
        case .group(let group): self = .group(try name(group, "group"))
        case nil: throw Refusal(.badRequest, "a send names a user, a device or a group")
        }
    }
}

extension MessageContent {
    fileprivate init(_ send: WireSend) throws(Refusal) {
        // A version makes it a sealed send even without a part: to a user with no other device.
        guard !send.sealed.isEmpty || send.devicesVersion != 0 else {
            self = .payload([UInt8](send.payload))
            return
        }
        guard send.payload.isEmpty, case .user = send.to, !send.ephemeral else {
            throw Refusal(
                .badRequest, "sealed parts go to a user, without a payload beside them, and are not ephemeral")
        }
        var parts: [SealedPart] = []
        for part in send.sealed {
            parts.append(SealedPart(device: try name(part.device, "device"), payload: [UInt8](part.payload)))
        }
        self = .sealed(parts, devicesVersion: send.devicesVersion)
    }
}

extension DeviceAddress {
    init(_ address: WireDeviceAddress) throws(Refusal) {
        self.init(user: try name(address.user, "user"), device: try name(address.device, "device"))
    }
}
