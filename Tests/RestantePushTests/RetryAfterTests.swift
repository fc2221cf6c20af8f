import NIOHTTP1
import Testing

@testable import RestantePush

struct RetryAfterTests {
    /// 2027-01-15 08:00:00 GMT.
    static let now: Int64 = 1_800_000_000_000

    @Test(
        arguments: [
            ("0", 0), ("120", 120), ("99999999", 86_400), ("Fri, 15 Jan 2027 08:02:00 GMT", 120),
            ("Fri, 15 Jan 2027 07:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sat, 15 Jan 2028 08:00:00 GMT", 86_400),
            ("Fri, 15 Jan 9999 08:00:00 GMT", 86_400),
        ] as [(String, Int)])
    func isRead(text: String, seconds: Int) {
        #expect(RetryAfter.duration(in: ["retry-after": text], now: Self.now) == .seconds(seconds))
    }

    @Test(arguments: ["", "soon", "-1", "1.5", "0x10", "999999999999999999999", "Sat, 15 Jan 9999999999 08:00:00 GMT"])
    func isNot(text: String) {
        #expect(RetryAfter.duration(in: ["retry-after": text], now: Self.now) == nil)
    }

    @Test func absent() { #expect(RetryAfter.duration(in: [:], now: Self.now) == nil) }
}
