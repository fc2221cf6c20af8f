import RestanteCore
import RestanteWire

/// A client's frame: read, judged, and the same again after it was written; and the reader for what makes up the traffic
/// says what SwiftProtobuf does.
enum WireTarget {
    private static let sender = DeviceAddress(
        user: UserName(unchecked: "alice"), device: DeviceName(unchecked: "phone"))

    static func run(_ input: [UInt8], _ format: WireFormat) {
        precondition(
            action(of: input, format.decodeAction) == action(of: input, format.decodeActionBySchema),
            "is another action to SwiftProtobuf")
        _ = try? format.decodeSend(input)
        guard let frame = try? format.decodeClientFrame(input) else { return }
        let again = try? format.decodeClientFrame(format.encode(frame))
        precondition(again == frame, "is something else after it was written")
    }

    private static func action(
        of input: [UInt8], _ read: ([UInt8], DeviceAddress, Limits) throws(WireError) -> ClientAction
    ) -> Result<ClientAction, WireError> {
        do throws(WireError) {
            return .success(try read(input, sender, Limits()))
        } catch {
            return .failure(error)
        }
    }
}
