import NIOCore
import NIOEmbedded
import RestanteGateway

/// The reader with its assembler, and the handler around it.
enum FramesTarget {
    /// Inputs up to so many bytes are also read octet by octet; longer ones in so many pieces.
    private static let mostCrumbs = 4096

    private struct Outcome: Equatable {
        var events: [FrameReader.Event] = []
        var refused: CloseWebSocket?
    }

    static func run(_ input: [UInt8]) {
        var chooser = Chooser(input)
        let choice = chooser.next()
        // The larger one has room for a frame whose length has 64 bits.
        let maximumBytes = choice / 3 % 2 == 0 ? 1000 : 100_000
        let expected: WebSocketMessage.Kind? =
            switch choice % 3 {
            case 0: nil
            case 1: .text
            default: .binary
            }
        let whole = read([chooser.rest[...]], expected, maximumBytes)
        let pieces = chooser.pieces()
        precondition(read(pieces, expected, maximumBytes) == whole, "comes to something else when it is split")
        let crumbs = chooser.pieces(of: max(1, (chooser.rest.count + mostCrumbs - 1) / mostCrumbs))
        precondition(read(crumbs, expected, maximumBytes) == whole, "comes to something else octet by octet")
        for case .message(let message) in whole.events {
            precondition(message.bytes.count <= maximumBytes, "a message beyond the limit")
            precondition(expected == nil || message.kind == expected, "a message of the wrong kind")
            let isText = String(validating: message.bytes, as: UTF8.self) != nil
            precondition(message.kind == .binary || isText, "a text that is none")
        }
        handle(pieces, expected, maximumBytes)
    }

    private static func read(
        _ pieces: [ArraySlice<UInt8>], _ expected: WebSocketMessage.Kind?, _ maximumBytes: Int
    ) -> Outcome {
        var reader = FrameReader(maximumBytes: maximumBytes, expected: expected)
        var outcome = Outcome()
        var buffer = ByteBuffer()
        do throws(CloseWebSocket) {
            for piece in pieces {
                buffer.writeBytes(piece)
                while let event = try reader.next(from: &buffer) { outcome.events.append(event) }
                precondition(buffer.readableBytes < FrameReader.mostKept, "more is left over than a header")
            }
        } catch {
            outcome.refused = error
        }
        return outcome
    }

    /// Whatever comes, what is answered is whole frames, the last of them a close frame if it ended.
    private static func handle(
        _ pieces: [ArraySlice<UInt8>], _ expected: WebSocketMessage.Kind?, _ maximumBytes: Int
    ) {
        let channel = EmbeddedChannel()
        let timers = LoopTimers(channel.eventLoop)
        do {
            try channel.pipeline.syncOperations.addHandlers([
                EndingHandler(timeout: .seconds(1), timers: timers),
                WebSocketHandler(
                    maximumBytes: maximumBytes, expected: expected, closeTimeout: .seconds(1), timers: timers),
            ])
            try channel.connect(to: SocketAddress(unixDomainSocketPath: "/nowhere")).wait()
            for piece in pieces { try channel.writeInbound(ByteBuffer(bytes: piece)) }
            var last: UInt8?
            while var frame = try channel.readOutbound(as: ByteBuffer.self) {
                precondition(last != 0x88, "something was said after the close frame")
                last = frame.readInteger()
                let length: UInt8? = frame.readInteger()
                precondition(length.map(Int.init) == frame.readableBytes, "an answer that is no frame")
            }
            precondition(channel.isActive || last == 0x88, "ended without a close frame")
            _ = try channel.finish(acceptAlreadyClosed: true)
        } catch {
            preconditionFailure("\(error)")
        }
    }
}
