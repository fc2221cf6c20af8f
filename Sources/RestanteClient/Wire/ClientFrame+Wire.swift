import FoundationEssentials
import RestanteCore
import RestanteWire

extension ClientFrame {
    /// The frame as the bytes of one binary WebSocket message.
    func encoded() -> [UInt8] {
        var frame = WireClientFrame()
        switch self {
        case .send(let submission): frame.send = WireSend(submission)
        case .acknowledge(let through): frame.ack.through = through
        case .request(let request, let id):
            frame.requestID = id
            frame.frame = request.wire
        case .refresh(let token, let id):
            frame.requestID = id
            frame.refresh.token = token
        }
        return WireFormat.proto.encode(frame)
    }
}

extension WireSend {
    fileprivate init(_ submission: Submission) {
        self.init()
        messageID = Data(submission.id.bytes)
        switch submission.recipient {
        case .user(let name): user = name.rawValue
        case .device(let address): device = WireDeviceAddress(address)
        case .group(let name): group = name.rawValue
        }
        switch submission.content {
        case .payload(let payload): self.payload = Data(payload)
        case .sealed(let parts, let version):
            sealed = parts.map { WireSealedPart(device: $0.device.rawValue, payload: Data($0.payload)) }
            devicesVersion = version
        }
        groupVersion = submission.groupVersion ?? 0
        ttl = UInt32(clamping: submission.timeToLive ?? 0)
        urgency = submission.urgency == .urgent ? .urgent : .normal
        ephemeral = submission.ephemeral
        receipt = submission.receipt
        label = submission.label ?? ""
    }
}

extension WireSealedPart {
    fileprivate init(device: String, payload: Data) {
        self.init()
        self.device = device
        self.payload = payload
    }
}

extension WireDeviceAddress {
    init(_ address: DeviceAddress) {
        self.init()
        user = address.user.rawValue
        device = address.device.rawValue
    }
}
