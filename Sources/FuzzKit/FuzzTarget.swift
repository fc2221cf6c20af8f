import RestanteWire

/// What is fed with whatever bytes the internet may send, and must neither crash nor break its promises.
///
/// `Scripts/fuzz` lets libFuzzer look for bytes that do; FuzzTests replays the seeds and what was found before. A promise
/// that is broken stops the process (`precondition`), as libFuzzer wants it.
package enum FuzzTarget: String, CaseIterable, Sendable {
    /// The client's side of a WebSocket: however it is split, it comes to the same.
    case frames
    /// Client frames in protobuf.
    case proto
    /// Client frames in JSON.
    case json
    /// HTTP up to the upgrade, through the pipeline of a connection.
    case handshake
    /// Tokens: as they come, and as their claims with a good signature.
    case token

    /// Made once, before the first input: keys take time.
    package static func prepare() async throws { try await TokenTarget.prepare() }

    package func run(_ input: [UInt8]) {
        switch self {
        case .frames: FramesTarget.run(input)
        case .proto: WireTarget.run(input, .proto)
        case .json: WireTarget.run(input, .json)
        case .handshake: HandshakeTarget.run(input)
        case .token: TokenTarget.run(input)
        }
    }
}

/// Takes an input apart: the last bytes choose, the others are what is fed.
struct Chooser {
    private var bytes: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
    }

    /// The next choice; 0 at the end.
    mutating func next() -> UInt8 { bytes.popLast() ?? 0 }

    /// What is left, in pieces as long as further choices say: 0 for the whole.
    func pieces() -> [ArraySlice<UInt8>] {
        guard let size = bytes.last.map({ Int($0 & 0x1F) }), size > 0 else { return [bytes] }
        return pieces(of: size)
    }

    func pieces(of size: Int) -> [ArraySlice<UInt8>] {
        stride(from: bytes.startIndex, to: bytes.endIndex, by: size).map {
            bytes[$0..<min($0 + size, bytes.endIndex)]
        }
    }

    var rest: [UInt8] { Array(bytes) }
}
