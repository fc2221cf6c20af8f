import FoundationEssentials
import NIOHTTP1

/// `Retry-After` (RFC 9110 §10.2.3): seconds or a date.
enum RetryAfter {
    /// What is taken seriously at most: a day.
    static let maximum: Duration = .seconds(86_400)

    /// How long to wait, or nil if the server does not say. `Retry-After: 0`, or a date that has passed, is no wait.
    static func duration(in headers: HTTPHeaders, now: Int64) -> Duration? {
        guard let text = headers.first(name: "retry-after") else { return nil }
        if let seconds = seconds(text) { return min(.seconds(seconds), maximum) }
        guard let date = date(text) else { return nil }
        // Bounded before it is a whole number: whatever year was named, it can be told.
        let seconds = date.timeIntervalSince1970 - Double(now) / 1000
        return .milliseconds(Int64(min(max(seconds, 0), 86_400) * 1000))
    }

    private static func seconds(_ text: String) -> Int64? {
        guard (1...18).contains(text.utf8.count), text.utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
        else { return nil }
        return Int64(text)
    }

    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110 §5.6.7): its parts in the order of ISO 8601, which the library reads.
    private static func date(_ text: String) -> Date? {
        let parts = text.split(separator: " ")
        guard parts.count == 6, parts[5] == "GMT", let month = months.firstIndex(of: String(parts[2])) else {
            return nil
        }
        let number = month < 9 ? "0\(month + 1)" : "\(month + 1)"
        return try? Date("\(parts[3])-\(number)-\(parts[1])T\(parts[4])Z", strategy: .iso8601)
    }
}
