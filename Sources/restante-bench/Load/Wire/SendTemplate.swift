import Foundation
import NIOCore
import RestanteCore
import RestanteWire

/// A `send` that has been encoded once: only the id, and the number in the recipient's name, are put in later.
struct SendTemplate {
    private static let marker = MessageID(high: 0x5AA5_5AA5_5AA5_5AA5, low: 0xA55A_A55A_A55A_A55A)

    private let frame: ByteBuffer
    private let idAt: Int
    /// Where the digits of the recipient's number end; nil: it is a group.
    private let numberEndsAt: Int?

    /// To the users of a name, whose number is put in later.
    init(to users: LoadUsers, payloadBytes: Int) {
        self.init(payloadBytes: payloadBytes, digits: users.name(0).utf8.count) { $0.user = users.name(0) }
    }

    init(toGroup group: String, payloadBytes: Int) {
        self.init(payloadBytes: payloadBytes, digits: nil) { $0.group = group }
    }

    private init(payloadBytes: Int, digits: Int?, _ address: (inout WireSend) -> Void) {
        var client = WireClientFrame()
        client.send.messageID = Data(Self.marker.bytes)
        client.send.payload = Data(repeating: 0x5C, count: payloadBytes)
        address(&client.send)
        frame = OutgoingFrame.message(client)
        let bytes = Array(frame.readableBytesView)
        guard let at = bytes.firstRange(of: Self.marker.bytes)?.lowerBound else {
            preconditionFailure("an encoded send holds its id")
        }
        idAt = at
        // The recipient follows the id: one byte of key, one of length, and the name.
        numberEndsAt = digits.map { at + 16 + 2 + $0 }
    }

    /// Bytes of one frame.
    var length: Int { frame.readableBytes }

    /// The frame with this id, to the user of this number.
    func frame(_ id: MessageID, to number: Int = 0) -> ByteBuffer {
        var copy = frame
        patch(&copy, at: 0, id, number)
        return copy
    }

    /// Adds that frame to others, which are then written at once.
    func write(_ id: MessageID, to number: Int = 0, into frames: inout ByteBuffer) {
        let start = frames.writerIndex
        frames.writeImmutableBuffer(frame)
        patch(&frames, at: start, id, number)
    }

    private func patch(_ buffer: inout ByteBuffer, at start: Int, _ id: MessageID, _ number: Int) {
        buffer.setInteger(id.high, at: start + idAt)
        buffer.setInteger(id.low, at: start + idAt + 8)
        guard let end = numberEndsAt else { return }
        var (position, rest) = (start + end, number)
        for _ in 0..<LoadUsers.digits {
            position -= 1
            buffer.setInteger(UInt8(ascii: "0") + UInt8(rest % 10), at: position)
            rest /= 10
        }
    }
}

/// Users of one kind, told apart by a number of fixed width.
struct LoadUsers: Sendable {
    static let digits = 7

    /// A word before the number.
    let prefix: String

    func name(_ number: Int) -> String {
        let text = "\(number)"
        return prefix + String(repeating: "0", count: Self.digits - text.count) + text
    }

    func address(_ number: Int) -> DeviceAddress {
        DeviceAddress(user: UserName(unchecked: name(number)), device: DeviceName(unchecked: "phone"))
    }
}
