import NIOCore
import NIOWebSocket

extension WebSocketFrame {
    /// The application data without its mask, in one pass and one copy (`unmaskedData` copies, and so would an array).
    var unmaskedBytes: [UInt8] {
        let source = data
        guard let maskKey else { return [UInt8](source.readableBytesView) }
        return [UInt8](unsafeUninitializedCapacity: source.readableBytes) { target, count in
            source.withUnsafeReadableBytes { Self.unmask($0, with: maskKey, into: target) }
            count = source.readableBytes
        }
    }

    /// Eight bytes at a time: the key repeated to a word, in the order in which bytes lie in memory.
    private static func unmask(
        _ source: UnsafeRawBufferPointer, with key: WebSocketMaskingKey, into target: UnsafeMutableBufferPointer<UInt8>
    ) {
        let bytes = (key[0], key[1], key[2], key[3], key[0], key[1], key[2], key[3])
        let word = withUnsafeBytes(of: bytes) { $0.loadUnaligned(as: UInt64.self) }
        let output = UnsafeMutableRawBufferPointer(target)
        var index = 0
        while index + 8 <= source.count {
            let masked = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            output.storeBytes(of: masked ^ word, toByteOffset: index, as: UInt64.self)
            index += 8
        }
        while index < source.count {
            output[index] = source[index] ^ key[index & 3]
            index += 1
        }
    }
}
