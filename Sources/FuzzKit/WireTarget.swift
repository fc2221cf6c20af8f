import RestanteCore
import RestanteWire

/// A client's frame: read, judged, and the same again after it was written; and the reader for what makes up the traffic
/// says what SwiftProtobuf does.
enum WireTarget {
    private static let sender = DeviceAddress(
        user: UserName(unchecked: "alice"), device: DeviceName(unchecked: "phone"))

    static func run(_ input: [UInt8], _ format: WireFormat) {
        precondition(
            action { try format.decodeAction(input, from: sender, limits: Limits()) }
                == action { try format.decodeActionBySchema(input, from: sender, limits: Limits()) },
            "is another action to SwiftProtobuf")
        _ = try? format.decodeSend(input)
        guard let frame = try? format.decodeClientFrame(input) else { return }
        let again = try? format.decodeClientFrame(format.encode(frame))
        precondition(again == frame, "is something else after it was written")
    }

    private static func action(
        _ read: () throws(WireError) -> ClientAction
    ) -> Result<ClientAction, WireError> {
        Result(catching: read)
    }
}
