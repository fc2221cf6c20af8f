import NIOCore
import NIOHTTP1
import RestanteCore
import RestanteWire

/// `POST /v1/requests`: the body is a `ClientFrame` with a request, the answer a `ServerFrame` with `reply` or `failure`.
extension ServicePost {
    func ask(
        _ body: [UInt8], _ eventLoop: any EventLoop, _ services: ConnectionServices
    ) -> EventLoopFuture<HTTPAnswer> {
        let asked: ServiceRequest
        do {
            asked = try format.decodeServiceRequest(body)
        } catch {
            services.metrics.rejected(.badRequest, .request)
            return eventLoop.makeSucceededFuture(
                .error(.badRequest, .badRequest, "the body is no ClientFrame of \(format)"))
        }
        let metrics = services.metrics
        switch asked.request {
        case .failure(let refusal): return eventLoop.makeSucceededFuture(answered(.failure(refusal), asked.id, metrics))
        case .success(let request):
            guard scopes.contains(request.neededScope) else {
                let refusal = Refusal(.notAllowed, "this needs a token with the scope \(request.neededScope.text)")
                return eventLoop.makeSucceededFuture(answered(.failure(refusal), asked.id, metrics))
            }
            do {
                try services.checkRoom()
                try charge([(1, .requests)], services.pace)
            } catch {
                return eventLoop.makeSucceededFuture(answered(.failure(error), asked.id, metrics))
            }
            return perform(.request(request, id: asked.id), eventLoop, services) { answer in
                guard case .replied(let result) = answer else {
                    preconditionFailure("a request is not answered as a send")
                }
                return answered(result, asked.id, metrics)
            }
        }
    }

    private func answered(_ result: Result<Reply, Refusal>, _ id: UInt64, _ metrics: GatewayMetrics) -> HTTPAnswer {
        let refusal: Refusal? = if case .failure(let refusal) = result { refusal } else { nil }
        if let refusal { metrics.rejected(refusal.code, .request) }
        return answer(.answered(result, id: id), refusal)
    }
}

extension Request {
    /// What a service's token must allow: about its own messages no more than to send them.
    fileprivate var neededScope: TokenScopes {
        switch self {
        case .status, .cancel: .send
        default: .manage
        }
    }
}
