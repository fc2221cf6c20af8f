import NIOCore

/// Cuts what the server writes into the response to the upgrade and WebSocket frames.
///
/// The server's frames are whole and unmasked; what is otherwise ends the run, for this is no client for strangers.
struct ServerBytes {
    enum Part {
        /// `retryAfter` in seconds.
        case response(status: Int, retryAfter: Int?)
        case frame(opcode: UInt8, ByteBuffer)
    }

    private var rest = ByteBuffer()
    private var isUpgraded = false

    mutating func add(_ bytes: ByteBuffer) {
        if rest.readableBytes == 0 {
            rest = bytes
        } else {
            rest.discardReadBytes()
            rest.writeImmutableBuffer(bytes)
        }
    }

    /// Nil: more bytes are needed.
    mutating func next() -> Part? {
        let part = isUpgraded ? frame() : response()
        // An idle connection keeps no buffer.
        if rest.readableBytes == 0 { rest = ByteBuffer() }
        return part
    }

    private mutating func response() -> Part? {
        let view = rest.readableBytesView
        guard let end = view.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let head = String(decoding: view[..<end.lowerBound], as: UTF8.self)
        rest.moveReaderIndex(to: end.upperBound)
        let lines = head.split(separator: "\r\n")
        let status = lines.first?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
        isUpgraded = status == 101
        let retry = lines.first { $0.lowercased().hasPrefix("retry-after:") }
        return .response(status: status, retryAfter: retry?.split(separator: " ").last.flatMap { Int($0) })
    }

    private mutating func frame() -> Part? {
        let start = rest.readerIndex
        guard let first = rest.getInteger(at: start, as: UInt8.self),
            let short = rest.getInteger(at: start + 1, as: UInt8.self)
        else { return nil }
        var (header, length) = (2, Int(short))
        switch short {
        case 126:
            guard let long = rest.getInteger(at: start + 2, as: UInt16.self) else { return nil }
            (header, length) = (4, Int(long))
        case 127:
            guard let long = rest.getInteger(at: start + 2, as: UInt64.self) else { return nil }
            (header, length) = (10, Int(long))
        default: break
        }
        guard let body = rest.getSlice(at: start + header, length: length) else { return nil }
        rest.moveReaderIndex(forwardBy: header + length)
        return .frame(opcode: first & 0xF, body)
    }
}
