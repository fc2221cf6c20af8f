import NIOCore
import NIOHTTP1
import RestanteCore
import RestanteWire

/// `POST /v1/messages`: the body is the wire's `Send`, the answer a `ServerFrame` with what became of it.
extension ServicePost {
    func send(
        _ body: [UInt8], _ eventLoop: any EventLoop, _ services: ConnectionServices
    ) -> EventLoopFuture<HTTPAnswer> {
        let send: WireSend
        do {
            send = try format.decodeSend(body)
        } catch {
            services.metrics.rejected(.badRequest)
            return eventLoop.makeSucceededFuture(.error(.badRequest, .badRequest, "the body is no Send of \(format)"))
        }
        do {
            let submission = try Submission(send, limits: services.configuration.limits)
            try services.checkRoom()
            try charge([(1, .messages), (body.count, .bytes)], services.pace)
            return store(submission, eventLoop, services)
        } catch {
            services.metrics.rejected(error.code)
            let frame = WireServerFrame.rejected(messageID: [UInt8](send.messageID.prefix(16)), error)
            return eventLoop.makeSucceededFuture(answer(frame, error))
        }
    }

    private func store(
        _ submission: Submission, _ eventLoop: any EventLoop, _ services: ConnectionServices
    ) -> EventLoopFuture<HTTPAnswer> {
        perform(.send(submission), eventLoop, services) { [metrics = services.metrics] answered in
            guard case .sent(let outcome) = answered else {
                preconditionFailure("a send is not answered as a request")
            }
            let refusal: Refusal? = if case .rejected(let refusal) = outcome { refusal } else { nil }
            if let refusal { metrics.rejected(refusal.code) }
            return answer(.sent(submission.id, outcome), refusal)
        }
    }
}
