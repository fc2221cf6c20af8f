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
            return eventLoop.makeSucceededFuture(
                .error(.badRequest, .badRequest, "the body is no ClientFrame of \(format)"))
        }
        switch asked.request {
        case .failure(let refusal): return eventLoop.makeSucceededFuture(answered(.failure(refusal), asked.id))
        case .success(let request):
            guard scopes.contains(request.neededScope) else {
                let refusal = Refusal(.notAllowed, "this needs a token with the scope \(request.neededScope.text)")
                return eventLoop.makeSucceededFuture(answered(.failure(refusal), asked.id))
            }
            do {
                try services.checkRoom()
                try charge([(1, .requests)], services.pace)
            } catch {
                services.metrics.rejected(error.code, .request)
                return eventLoop.makeSucceededFuture(answered(.failure(error), asked.id))
            }
            return perform(.request(request, id: asked.id), eventLoop, services) { answer in
                guard case .replied(let result) = answer else {
                    preconditionFailure("a request is not answered as a send")
                }
                return answered(result, asked.id)
            }
        }
    }

    private func answered(_ result: Result<Reply, Refusal>, _ id: UInt64) -> HTTPAnswer {
        let refusal: Refusal? = if case .failure(let refusal) = result { refusal } else { nil }
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
