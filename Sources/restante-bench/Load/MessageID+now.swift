import Glibc
import RestanteCore

extension MessageID {
    /// A fresh id.
    static func now() -> MessageID {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return MessageID(at: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
    }
}
