import Glibc
import RestanteCore

/// Makes ids that say who sent a message and which of its sender's it is, so that nothing has to be looked up when they come
/// back.
///
/// Within a millisecond they are as random as those of clients that know nothing of each other.
struct LoadIDs {
    /// Tells ours from those that the server makes, for the messages of a group about itself.
    private static let mark: UInt64 = 0x2E57

    private var random: UInt64 = 0x9E37_79B9_7F4A_7C15

    /// - Parameters:
    ///   - sender: up to 65,535.
    ///   - number: of this sender's messages, up to 4,294,967,295.
    mutating func next(sender: Int, number: Int) -> MessageID {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let milliseconds = UInt64(time.tv_sec) * 1000 + UInt64(time.tv_nsec) / 1_000_000
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        return MessageID(
            high: milliseconds << 16 | 0x7000 | random & 0xFFF,
            low: 0b10 << 62 | Self.mark << 48 | UInt64(sender) << 32 | UInt64(number))
    }

    /// Nil: it is none of ours.
    static func origin(of id: MessageID) -> (sender: Int, number: Int)? {
        guard id.low >> 48 & 0x3FFF == mark else { return nil }
        return (Int(id.low >> 32 & 0xFFFF), Int(id.low & 0xFFFF_FFFF))
    }
}
