public import RestanteCore

/// A message for many readers, encoded once: what differs from one to the next is the tag, and that stands in front.
///
/// A class, so that handing it on costs one reference, however many parts the message has.
public final class SharedMessage: Sendable, Equatable {
    public let message: RestanteCore.Message
    /// Everything of the binary `Deliver` but its tag.
    let body: [UInt8]

    public init(_ message: RestanteCore.Message) {
        self.message = message
        body = [UInt8](unsafeUninitializedCapacity: message.binarySize) { memory, count in
            count = message.binarySize
            var writer = BinaryWriter(
                UnsafeMutableRawBufferPointer(rebasing: UnsafeMutableRawBufferPointer(memory)[..<count]))
            message.writeBinary(&writer)
        }
    }

    public static func == (left: SharedMessage, right: SharedMessage) -> Bool {
        left === right || left.message == right.message
    }
}
