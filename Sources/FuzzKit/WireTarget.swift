import RestanteCore
import RestanteWire

/// A client's frame: read, judged, and the same again after it was written.
enum WireTarget {
    private static let sender = DeviceAddress(
        user: UserName(unchecked: "alice"), device: DeviceName(unchecked: "phone"))

    static func run(_ input: [UInt8], _ format: WireFormat) {
        _ = try? format.decodeAction(input, from: sender, limits: Limits())
        _ = try? format.decodeSend(input)
        guard let frame = try? format.decodeClientFrame(input) else { return }
        let again = try? format.decodeClientFrame(format.encode(frame))
        precondition(again == frame, "is something else after it was written")
    }
}
