import HTTPTypes
import Hummingbird
import RestanteGateway
import RestanteMetrics
import RestanteStore

/// `GET /metrics`, `/healthz` and `/readyz`: what may be seen without being allowed to do anything.
///
/// There is no name of a user, device or group in them, and nothing of a message.
struct MetricsRoute: Sendable {
    let metrics: PrometheusFactory
    let gateway: Gateway

    func add(to router: Router<BasicRequestContext>) {
        router.get("/metrics") { _, _ in
            Response(
                status: .ok, headers: [.contentType: TextFormat.contentType],
                body: .init(byteBuffer: ByteBuffer(string: metrics.text())))
        }
        router.get("/healthz") { _, _ in Self.answer(isGood: true) }
        router.get("/readyz") { _, _ in Self.answer(isGood: await gateway.isAnswering()) }
    }

    private static func answer(isGood: Bool) -> Response {
        Response(
            status: isGood ? .ok : .serviceUnavailable, headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: isGood ? "ok\n" : "not ready\n")))
    }
}
