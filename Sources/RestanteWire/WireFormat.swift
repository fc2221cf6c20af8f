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

    /// The largest frame that can hold a message of so many bytes: base64 in JSON is a third longer, and names,
    /// ids and the parts of a sealed send come on top.
    public func frameBytes(forMessageBytes bytes: Int) -> Int {
        switch self {
        case .proto: bytes + 64 * 1024
        case .json: bytes / 3 * 4 + 128 * 1024
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
        try ClientAction(try decodeClientFrame(bytes), from: sender, limits: limits)
    }

    /// Reads a `Send` that stands alone: the body of `POST /v1/messages`.
    public func decodeSend(_ bytes: [UInt8]) throws(WireError) -> WireSend { try decode(bytes) }

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
