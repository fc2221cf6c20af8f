import NIOCore
import NIOHTTP1
import RestanteCore
import RestanteWire

/// A `POST` of the app's backend that may be answered: by whom, for what, and in which format.
///
/// Bodies and answers are the wire's own messages, both in the format that the content type names.
struct ServicePost {
    enum Endpoint: String, CaseIterable {
        /// A `Send`: the backend sends without a WebSocket.
        case messages = "/v1/messages"
        /// A `ClientFrame` with a request: the backend manages groups, devices and tokens of others.
        case requests = "/v1/requests"
    }

    var endpoint: Endpoint
    var service: ServiceName
    var scopes: TokenScopes
    /// `iat` of its token.
    var issuedAt: Int64
    var format: WireFormat

    /// Judges the head, before any of the body is kept.
    ///
    /// - Parameter certified: what the connection's client certificate says; asked when there is no token. A token that is
    ///   there must be good: whoever sends one wants to be judged by it.
    static func accept(
        _ head: HTTPRequestHead, _ endpoint: Endpoint, _ services: ConnectionServices,
        certified: () throws(RefusedRequest) -> TokenClaims?
    ) throws(RefusedRequest) -> ServicePost {
        guard head.method == .POST else { throw RefusedRequest(.methodNotAllowed("POST")) }
        let presented =
            try head.headers.contains(name: "authorization")
            ? BearerToken.inAuthorization(head.headers).flatMap { try? services.tokens.verify($0) } : certified()
        guard let claims = presented, case .service(let service) = claims.bearer else {
            throw RefusedRequest(.unauthorized)
        }
        guard endpoint == .requests || claims.scopes.contains(.send) else {
            throw RefusedRequest(.error(Refusal(.notAllowed, "the token's scope does not allow to send")))
        }
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
        do {
            try services.checkRoom()
        } catch {
            throw RefusedRequest(.error(error))
        }
        return ServicePost(
            endpoint: endpoint, service: service, scopes: claims.scopes, issuedAt: claims.issuedAt, format: format)
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

    /// Hands the body to the store. The future fails if the store ended without an answer: then there is none.
    func answer(
        _ body: [UInt8], _ eventLoop: any EventLoop, _ services: ConnectionServices
    ) -> EventLoopFuture<HTTPAnswer> {
        services.metrics.received(.post, bytes: body.count)
        return switch endpoint {
        case .messages: send(body, eventLoop, services)
        case .requests: ask(body, eventLoop, services)
        }
    }

    /// Counts what it does against the service.
    func charge(_ charges: [(amount: Int, charge: Charge)], _ pace: Pace) throws(Refusal) {
        let now = NIODeadline.now()
        for (amount, charge) in charges {
            if let wait = pace.services.take(amount, charge, of: service, now: now) {
                throw .tooMany(charge, wait: wait)
            }
        }
    }

    /// What the store is to do.
    enum Work {
        case send(Submission)
        case request(Request, id: UInt64)

        func command(from origin: Origin) -> StoreCommand {
            switch self {
            case .send(let submission): .send(submission, from: origin)
            case .request(let request, let id): .request(request, id: id, from: origin)
            }
        }
    }

    /// Hands work to the store, on the event loop, and makes the answer of what comes back, on the store's thread.
    func perform(
        _ work: Work, _ eventLoop: any EventLoop, _ services: ConnectionServices,
        _ answer: @escaping @Sendable (CallRegistry.Answer) -> HTTPAnswer
    ) -> EventLoopFuture<HTTPAnswer> {
        let promise = eventLoop.makePromise(of: HTTPAnswer.self)
        let call = services.calls.register { answered in
            if case .lost(let refusal) = answered { promise.fail(refusal) } else { promise.succeed(answer(answered)) }
        }
        guard let call else { return promise.futureResult }
        let room = services.store.enqueue([work.command(from: .service(call, service, issuedAt: issuedAt))])
        // This one was taken all the same; those that come next are told to wait.
        if !room { services.sessions.storeIsFull() }
        return promise.futureResult
    }

    /// The frame with a status that fits; a token that was revoked is answered as any bad one is.
    func answer(_ frame: WireServerFrame, _ refusal: Refusal?) -> HTTPAnswer {
        if refusal?.code == .invalidToken { return .unauthorized }
        var answer = HTTPAnswer(.ok, type: format == .json ? Self.json : Self.protobuf, body: format.encode(frame))
        guard let refusal else { return answer }
        answer.status = refusal.code.httpStatus
        if let seconds = refusal.retryAfter { answer.headers.add(name: "retry-after", value: String(seconds)) }
        return answer
    }
}
