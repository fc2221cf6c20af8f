import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// An answer over HTTP, read whole.
struct PushResponse: Sendable {
    var status: UInt
    var headers: HTTPHeaders
    /// Empty if it was longer than may be read.
    var body: [UInt8]
}

/// What came of a request.
enum Exchange: Sendable {
    case answered(PushResponse)
    /// No answer. The text is one of a few of ours: what the libraries say may hold a URL.
    case failed(String)

    static let cancelled = "cancelled"
    static let noAnswer = "no answer in time"
    static let noConnection = "no connection in time"
}

extension PushHTTP {
    /// Makes one request, within the time limit, and follows no redirect.
    func exchange(_ request: HTTPClientRequest, by client: HTTPClient) async -> Exchange {
        do {
            return .answered(
                try await withTimeLimit(timeLimit) {
                    let response = try await client.execute(request, deadline: .now() + TimeAmount(timeLimit))
                    return PushResponse(
                        status: response.status.code, headers: response.headers,
                        body: try await read(response.body))
                })
        } catch {
            return .failed(Self.text(of: error))
        }
    }

    private func read(_ body: HTTPClientResponse.Body) async throws -> [UInt8] {
        do {
            return try await Array(buffer: body.collect(upTo: maximumAnswer))
        } catch is NIOTooManyBytesError {
            return []
        }
    }

    static func text(of error: any Error) -> String {
        switch error {
        case is CancellationError: Exchange.cancelled
        case is TimeLimitPassed: Exchange.noAnswer
        case is NIOConnectionError, is IOError: "cannot connect, or the connection was lost"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: "TLS failed: is the certificate good?"
        case let error as HTTPClientError: text(of: error)
        default: "the request failed"
        }
    }

    private static func text(of error: HTTPClientError) -> String {
        switch error {
        case .cancelled: Task.isCancelled ? Exchange.cancelled : "the connection was given up"
        case .deadlineExceeded, .readTimeout: Exchange.noAnswer
        case .getConnectionFromPoolTimeout: Exchange.noConnection
        case .connectTimeout: "cannot connect: no answer"
        case .remoteConnectionClosed: "the connection was lost"
        case .tlsHandshakeTimeout: "TLS failed: no answer"
        default: "the request failed"
        }
    }
}
