package import NIOHTTP1
import RestanteCore

/// What the head of any request must be, beyond what NIO's decoder sees to.
package enum RequestRules {
    /// The answer to a head that breaks them; the connection ends after it.
    package static func refusal(of head: HTTPRequestHead) -> HTTPAnswer? {
        guard head.uri.utf8.count <= HTTPLimits.targetBytes else {
            return closing(
                .error(.uriTooLong, .badRequest, "the target is longer than \(HTTPLimits.targetBytes) bytes"))
        }
        // RFC 9112 §3.2: exactly one, or whoever stands in between and we might disagree about where it goes.
        let hosts = head.headers["host"].count
        guard hosts == 1 || (hosts == 0 && head.version.minor == 0) else {
            return closing(.error(.badRequest, .badRequest, "a request has one Host field"))
        }
        // RFC 9112 §6.1: two lengths are how requests are smuggled.
        guard !head.headers.contains(name: "transfer-encoding") || !head.headers.contains(name: "content-length") else {
            return closing(.error(.badRequest, .badRequest, "a body has a length or is chunked, not both"))
        }
        return nil
    }

    private static func closing(_ answer: HTTPAnswer) -> HTTPAnswer {
        var answer = answer
        answer.closes = true
        return answer
    }
}
