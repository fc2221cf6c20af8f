import FoundationEssentials
package import NIOHTTP1
import RestanteCore

/// What a request must be to become a WebSocket (RFC 6455 §4.2.1).
package enum UpgradeRules {
    /// - Throws: the answer. A request that is no upgrade, or of another version, is told what would do (§4.4).
    package static func check(_ head: HTTPRequestHead) throws(RefusedRequest) {
        guard head.method == .GET else { throw RefusedRequest(.methodNotAllowed("GET")) }
        let headers = head.headers
        // In a request of HTTP/1.0 the field means nothing (RFC 9110 §7.8).
        guard head.version.minor > 0, names(headers, "upgrade", "websocket"), names(headers, "connection", "upgrade")
        else {
            throw RefusedRequest(
                .error(
                    .upgradeRequired, .badRequest, "connect with a WebSocket client over HTTP/1.1",
                    headers: ["upgrade": "websocket", "connection": "upgrade"]))
        }
        guard headers["sec-websocket-version"] == ["13"] else {
            throw RefusedRequest(
                .error(
                    .upgradeRequired, .badRequest, "the WebSocket version must be 13",
                    headers: ["sec-websocket-version": "13", "upgrade": "websocket", "connection": "upgrade"]))
        }
        let keys = headers["sec-websocket-key"]
        guard keys.count == 1, Data(base64Encoded: keys[0])?.count == 16 else {
            throw RefusedRequest(.error(.badRequest, .badRequest, "Sec-WebSocket-Key must be 16 bytes in base64"))
        }
        // What came after the head would be taken for frames by some and for a body by others.
        guard !headers.contains(name: "transfer-encoding"), headers["content-length"].allSatisfy({ $0 == "0" }) else {
            throw RefusedRequest(.error(.badRequest, .badRequest, "an upgrade has no body"))
        }
    }

    private static func names(_ headers: HTTPHeaders, _ field: String, _ value: String) -> Bool {
        headers[canonicalForm: field].contains { $0.lowercased() == value }
    }
}

/// A request that is answered with this.
package struct RefusedRequest: Error {
    package var answer: HTTPAnswer
    init(_ answer: HTTPAnswer) { self.answer = answer }
}
