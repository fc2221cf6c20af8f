public import RestanteCore
import SwiftProtobuf

/// How frames are written: chosen at the handshake, for the life of the connection.
public enum WireFormat: String, CaseIterable, Sendable {
    /// Binary WebSocket messages, protobuf.
    case proto = "restante.v1.proto"
    /// Text WebSocket messages, the same schema as proto3 JSON.
    case json = "restante.v1.json"

    /// The name of the subprotocol (RFC 6455 §1.9).
    public var subprotocol: String { rawValue }

    /// The largest frame that a client may have reason to send: one message, or the names of a whole group.
    ///
    /// In JSON, base64 is a third longer than the payload, and a byte of a name takes up to six. Ids, and the names in a
    /// sealed send, come on top.
    public func frameBytes(_ limits: Limits) -> Int {
        let names = max(limits.groupMembers, limits.devicesPerUser)
        return switch self {
        case .proto: max(limits.messageBytes, names * (Limits.nameBytes + 8)) + 64 * 1024
        case .json: max(limits.messageBytes / 3 * 4, names * (Limits.nameBytes * 6 + 8)) + 128 * 1024
        }
    }

    public func decodeClientFrame(_ bytes: [UInt8]) throws(WireError) -> WireClientFrame {
        try decode(bytes)
    }

    public func decodeServerFrame(_ bytes: [UInt8]) throws(WireError) -> WireServerFrame {
        try decode(bytes)
    }

    /// Reads what a client asks for, in Core's terms.
    ///
    /// - Parameters:
    ///   - sender: the session's device; requests about own devices are about its user's.
    ///   - limits: checked before anything is copied.
    public func decodeAction(
        _ bytes: [UInt8], from sender: DeviceAddress, limits: Limits
    ) throws(WireError) -> ClientAction {
        if self == .proto, let action = bytes.withUnsafeBytes({ ClientAction(binary: $0, limits: limits) }) {
            return action
        }
        return try decodeActionBySchema(bytes, from: sender, limits: limits)
    }

    /// The same by SwiftProtobuf alone, which is what ``decodeAction(_:from:limits:)`` must agree with.
    package func decodeActionBySchema(
        _ bytes: [UInt8], from sender: DeviceAddress, limits: Limits
    ) throws(WireError) -> ClientAction {
        try ClientAction(try decodeClientFrame(bytes), from: sender, limits: limits)
    }

    /// Reads a `Send` that stands alone: the body of `POST /v1/messages`.
    public func decodeSend(_ bytes: [UInt8]) throws(WireError) -> WireSend { try decode(bytes) }

    /// Reads a `ClientFrame` with a request of a service: the body of `POST /v1/requests`.
    public func decodeServiceRequest(_ bytes: [UInt8]) throws(WireError) -> ServiceRequest {
        ServiceRequest(try decodeClientFrame(bytes))
    }

    public func encode(_ frame: WireServerFrame) -> [UInt8] { write(frame) }

    public func encode(_ frame: WireClientFrame) -> [UInt8] { write(frame) }

    func decode<Frame: SwiftProtobuf.Message>(_ bytes: [UInt8]) throws(WireError) -> Frame {
        do {
            switch self {
            case .proto: return try Frame(serializedBytes: bytes)
            case .json:
                var options = JSONDecodingOptions()
                options.ignoreUnknownFields = true
                options.messageDepthLimit = 16
                return try Frame(jsonUTF8Bytes: bytes, options: options)
            }
        } catch {
            throw WireError(.invalidData, "this is not a frame of \(rawValue)")
        }
    }

    private func write(_ frame: some SwiftProtobuf.Message) -> [UInt8] {
        do {
            switch self {
            case .proto: return try frame.serializedBytes()
            case .json: return try frame.jsonUTF8Bytes()
            }
        } catch {
            preconditionFailure("a frame without required fields or Any can be written: \(error)")
        }
    }
}
