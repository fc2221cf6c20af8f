import NIOCore
import NIOHTTP1
import RestanteCore
import RestanteWire

/// `POST /v1/messages`: the app's backend sends without a WebSocket.
///
/// The body is the wire's `Send`, the answer the wire's `ServerFrame`, both in the format that the content type names.
enum MessagesEndpoint {
    static let path = "/v1/messages"

    /// A request that may be answered: by whom, and in which format.
    struct Post {
        var service: ServiceName
        /// `iat` of its token.
        var issuedAt: Int64
        var format: WireFormat
    }

    /// Judges the head, before any of the body is kept.
    ///
    /// - Parameter certified: what the connection's client certificate says; asked when there is no token. A token that is
    ///   there must be good: whoever sends one wants to be judged by it.
    static func accept(
        _ head: HTTPRequestHead, _ services: ConnectionServices, certified: () -> TokenClaims?
    ) throws(RefusedRequest) -> Post {
        guard head.method == .POST else { throw RefusedRequest(.methodNotAllowed("POST")) }
        let token = BearerToken.inAuthorization(head.headers)
        let claims =
            head.headers.contains(name: "authorization")
            ? token.flatMap { try? services.tokens.verify($0) } : certified()
        guard case .service(let service) = claims?.bearer else { throw RefusedRequest(.unauthorized) }
        guard let format = format(of: head.headers) else {
            throw RefusedRequest(
                .error(.unsupportedMediaType, .badRequest, "the content type must be \(json) or \(protobuf)"))
        }
        if let length = head.headers.first(name: "content-length").flatMap(Int.init),
            length > services.configuration.frameBytes
        {
            var answer = HTTPAnswer.error(.payloadTooLarge, .tooLarge, "the body is too large")
            answer.closes = true
            throw RefusedRequest(answer)
        }
        guard services.isReady() else {
            throw RefusedRequest(.error(Refusal(.shuttingDown, "the server is not taking messages", retryAfter: 1)))
        }
        return Post(service: service, issuedAt: claims.issuedAt, format: format)
    }

    private static let json = "application/json"
    private static let protobuf = "application/x-protobuf"

    private static func format(of headers: HTTPHeaders) -> WireFormat? {
        let type = headers.first(name: "content-type")?.prefix { $0 != ";" && $0 != " " }.lowercased()
        return switch type {
        case json: .json
        case protobuf: .proto
        default: nil
        }
    }
}

extension MessagesEndpoint.Post {
    /// Hands the message to the store. The future fails if the store ended without an answer: then there is none.
    func send(_ body: [UInt8], _ eventLoop: any EventLoop, _ services: ConnectionServices) -> EventLoopFuture<
        HTTPAnswer
    > {
        services.metrics.received(.post, bytes: body.count)
        let send: WireSend
        do {
            send = try format.decodeSend(body)
        } catch {
            return eventLoop.makeSucceededFuture(.error(.badRequest, .badRequest, "the body is no Send of \(format)"))
        }
        do {
            let submission = try Submission(send, limits: services.configuration.limits)
            try charge(bytes: body.count, services.pace)
            return store(submission, eventLoop, services)
        } catch {
            services.metrics.rejected(error.code)
            let frame = WireServerFrame.rejected(messageID: [UInt8](send.messageID.prefix(16)), error)
            return eventLoop.makeSucceededFuture(answer(frame, .rejected(error)))
        }
    }

    /// Counts it against the service.
    private func charge(bytes: Int, _ pace: Pace) throws(Refusal) {
        let now = NIODeadline.now()
        for (amount, charge) in [(1, Charge.messages), (bytes, .bytes)] {
            if let wait = pace.services.take(amount, charge, of: service, now: now) {
                throw .tooMany(charge, wait: wait)
            }
        }
    }

    private func store(
        _ submission: Submission, _ eventLoop: any EventLoop, _ services: ConnectionServices
    ) -> EventLoopFuture<HTTPAnswer> {
        let promise = eventLoop.makePromise(of: HTTPAnswer.self)
        let call = services.calls.register { [metrics = services.metrics] answered in
            switch answered {
            case .sent(let outcome):
                if case .rejected(let refusal) = outcome { metrics.rejected(refusal.code) }
                promise.succeed(answer(.sent(submission.id, outcome), outcome))
            case .lost(let refusal): promise.fail(refusal)
            case .replied: preconditionFailure("a send is not answered as a request")
            }
        }
        let command = { StoreCommand.send(submission, from: .service($0, service, issuedAt: issuedAt)) }
        if let call { services.store.enqueue([command(call)]) }
        return promise.futureResult
    }

    private func answer(_ frame: WireServerFrame, _ outcome: SendOutcome) -> HTTPAnswer {
        if case .rejected(let refusal) = outcome, refusal.code == .invalidToken { return .unauthorized }
        let type = format == .json ? "application/json" : "application/x-protobuf"
        var answer = HTTPAnswer(.ok, type: type, body: format.encode(frame))
        if case .rejected(let refusal) = outcome {
            answer.status = refusal.code.httpStatus
            if let seconds = refusal.retryAfter { answer.headers.add(name: "retry-after", value: String(seconds)) }
        }
        return answer
    }
}
