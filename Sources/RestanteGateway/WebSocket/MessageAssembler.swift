/// Puts the frames of a message together in one buffer, each byte unmasked and checked where it comes to lie.
///
/// The buffer follows what has come, not what was announced: it is never larger than four times that, nor than twice the
/// limit. A frame costs what its bytes cost, however many there are.
struct MessageAssembler {
    private let maximumBytes: Int
    private let expected: WebSocketMessage.Kind?
    /// Of the message under way.
    private var kind: WebSocketMessage.Kind?
    private var bytes: [UInt8] = []
    /// How many bytes there will be after the frame under way.
    private var announced = 0
    private var text = UTF8Stream()

    /// Bytes that are allocated.
    var capacity: Int { bytes.capacity }

    /// - Parameters:
    ///   - maximumBytes: of one message, all its frames together.
    ///   - expected: what messages must be; nil: either.
    init(maximumBytes: Int, expected: WebSocketMessage.Kind?) {
        self.maximumBytes = maximumBytes
        self.expected = expected
    }

    /// Judges the header of a data frame, before any of its payload.
    mutating func begin(_ header: FrameHeader) throws(CloseWebSocket) {
        switch (header.opcode, kind) {
        case (.continuation, nil): throw .protocolError("nothing to continue")
        case (.continuation, .some): break
        case (_, .some): throw .protocolError("the message before has not ended")
        case (let opcode, nil): try start(opcode == .text ? .text : .binary)
        }
        guard header.length <= maximumBytes - bytes.count else {
            throw CloseWebSocket(code: 1009, reason: "message is larger than \(maximumBytes) bytes")
        }
        announced = bytes.count + header.length
    }

    private mutating func start(_ kind: WebSocketMessage.Kind) throws(CloseWebSocket) {
        guard expected == nil || kind == expected else {
            throw CloseWebSocket(
                code: 1003, reason: expected == .text ? "this subprotocol is text" : "this subprotocol is binary")
        }
        self.kind = kind
        text = UTF8Stream()
    }

    /// Takes the next bytes of a frame that was begun.
    mutating func append(_ payload: UnsafeRawBufferPointer, _ mask: inout Mask) throws(CloseWebSocket) {
        let start = bytes.count
        makeRoom(for: start + payload.count)
        bytes.append(contentsOf: payload)
        let isText = kind == .text
        var text = text
        let isGood = bytes.withUnsafeMutableBytes { all in
            let new = UnsafeMutableRawBufferPointer(rebasing: all[start...])
            mask.apply(to: new)
            return !isText || text.accept(UnsafeRawBufferPointer(new))
        }
        self.text = text
        guard isGood else { throw CloseWebSocket(code: 1007, reason: "text is not UTF-8") }
    }

    /// A large frame comes in several reads: with room for all of it from the second on, little is moved. What comes in small
    /// frames is left to the array's own doubling.
    private mutating func makeRoom(for count: Int) {
        guard count > bytes.capacity, announced > 2 * bytes.capacity else { return }
        bytes.reserveCapacity(min(4 * count, announced))
    }

    /// The message, after the whole of its last frame.
    mutating func finish() throws(CloseWebSocket) -> WebSocketMessage {
        guard text.isComplete else { throw CloseWebSocket(code: 1007, reason: "text ends within a character") }
        guard let kind else { preconditionFailure("a message ends that did not begin") }
        self.kind = nil
        defer { bytes = [] }
        return WebSocketMessage(kind, bytes)
    }
}
