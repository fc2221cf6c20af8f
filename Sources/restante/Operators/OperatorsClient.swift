import ArgumentParser
import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import RestanteCore

/// Speaks to a running server over its operators' socket.
struct OperatorsClient {
    private let path: String

    init(_ path: String) {
        self.path = path
    }

    func get<Body: Decodable>(_ target: String, as type: Body.Type) async throws -> Body {
        try await ask(.GET, target, type)
    }

    /// - Parameter timeLimit: how long the server may take.
    func post<Body: Decodable>(
        _ target: String, timeLimit: TimeAmount = usualTimeLimit, as type: Body.Type
    ) async throws -> Body {
        try await ask(.POST, target, type, timeLimit)
    }

    func delete<Body: Decodable>(_ target: String, as type: Body.Type) async throws -> Body {
        try await ask(.DELETE, target, type)
    }

    /// Asks for something that takes long, and hands over each line of the answer as it comes.
    ///
    /// Leaving ends what was asked for.
    func post(_ target: String, _ body: some Encodable, line: (Data) throws -> Void) async throws {
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        var request = HTTPClientRequest(url: url(target))
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        request.body = .bytes(ByteBuffer(bytes: try encoder.encode(body)))
        try await withClient { client in
            let response: HTTPClientResponse
            do { response = try await client.execute(request, timeout: .hours(24 * 7)) } catch { throw nobodyAnswers }
            var rest = Data()
            do {
                for try await part in response.body {
                    rest += Data(part.readableBytesView)
                    while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
                        try line(Data(rest[..<end]))
                        rest = Data(rest[rest.index(after: end)...])
                    }
                }
            } catch let failure as CommandFailure {
                throw failure
            } catch {
                throw CommandFailure(.tryAgain, "the server ended before it was done")
            }
        }
    }

    private var nobodyAnswers: CommandFailure {
        CommandFailure(
            .unavailable, "no server answers on \(path): is it running, and with this database (--database)?")
    }

    private func url(_ target: String) -> String {
        let socket = path.addingPercentEncoding(withAllowedCharacters: .urlHostAllowed) ?? path
        return "http+unix://\(socket)\(target)"
    }

    static let usualTimeLimit: TimeAmount = .seconds(10)

    private func ask<Body: Decodable>(
        _ method: HTTPMethod, _ target: String, _ type: Body.Type, _ timeLimit: TimeAmount = usualTimeLimit
    ) async throws -> Body {
        var request = HTTPClientRequest(url: url(target))
        request.method = method
        let response: HTTPClientResponse
        let body: ByteBuffer
        do {
            (response, body) = try await answer(to: request, timeLimit)
        } catch let error as HTTPClientError where error == .deadlineExceeded || error == .readTimeout {
            throw CommandFailure(
                .tryAgain,
                "the server listens on \(path), and has not answered within \(timeLimit.seconds) s: is it busy?")
        } catch {
            throw nobodyAnswers
        }
        return try decode(body, response.status, type)
    }

    /// Tried once: a socket that nobody listens on is not waited for.
    private func answer(
        to request: HTTPClientRequest, _ timeLimit: TimeAmount
    ) async throws -> (HTTPClientResponse, ByteBuffer) {
        try await withClient { client in
            let response = try await client.execute(request, timeout: timeLimit)
            return (response, try await response.body.collect(upTo: 16 << 20))
        }
    }

    private func withClient<Result>(_ body: (HTTPClient) async throws -> Result) async throws -> Result {
        var configuration = HTTPClient.Configuration()
        configuration.connectionPool.retryConnectionEstablishment = false
        return try await HTTPClient.withHTTPClient(configuration: configuration, body)
    }

    private func decode<Body: Decodable>(
        _ body: ByteBuffer, _ status: HTTPResponseStatus, _ type: Body.Type
    ) throws -> Body {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard status == .ok else {
            let error = try decoder.decode(ErrorBody.self, from: Data(body.readableBytesView))
            let code = ErrorCode(rawValue: error.code) ?? .unavailable
            // What makes no sense stood on the command line.
            if code == .badRequest { throw CommandFailure(.usage, error.reason) }
            if let exitCode = error.exitCode {
                throw CommandFailure(status: exitCode, "\(error.name): \(error.reason)")
            }
            throw CommandFailure(Refusal(code, error.reason))
        }
        return try decoder.decode(type, from: Data(body.readableBytesView))
    }
}

/// Which running server an operator's command speaks to.
struct OperatorsOptions: ParsableArguments {
    @OptionGroup var socket: OperatorsSocketOption
    @Option(help: "The server's database, beside which its socket is.")
    var database = "restante.db"

    var client: OperatorsClient { OperatorsClient(socket.path(database: database)) }
}

struct OperatorsSocketOption: ParsableArguments {
    @Option(help: "The server's socket for operators. (default: DATABASE.sock)")
    var operatorsSocket: String?

    func path(database: String) -> String { operatorsSocket ?? ServeSettings.operatorsSocket(besides: database) }
}

/// A name as a part of a path.
func pathPart(_ text: String, _ what: String) throws(CommandFailure) -> String {
    let checked: UserName = try name(text, what)
    return checked.rawValue.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""
}
