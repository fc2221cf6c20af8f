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
        case is CancellationError: "cancelled"
        case is TimeLimitPassed: "no answer in time"
        case is NIOConnectionError, is IOError: "cannot connect, or the connection was lost"
        case is NIOSSLError, is NIOSSLExtraError, is BoringSSLError: "TLS failed: is the certificate good?"
        case let error as HTTPClientError: text(of: error)
        default: "the request failed"
        }
    }

    private static func text(of error: HTTPClientError) -> String {
        switch error {
        case .cancelled: "cancelled"
        case .deadlineExceeded, .readTimeout: "no answer in time"
        case .connectTimeout: "cannot connect: no answer"
        case .remoteConnectionClosed: "the connection was lost"
        case .tlsHandshakeTimeout: "TLS failed: no answer"
        default: "the request failed"
        }
    }
}
