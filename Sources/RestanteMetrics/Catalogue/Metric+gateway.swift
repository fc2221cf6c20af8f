extension Metric {
    // MARK: Connections

    public static let connections = gauge("restante_connections", "Sockets of clients that are open.")
    public static let strangers = gauge(
        "restante_strangers", "Of these, such that have not said who they are.")
    public static let claims = gauge("restante_claims_waiting", "Handshakes that wait for the store.")
    public static let bufferBytes = gauge(
        "restante_buffer_bytes", "Bytes that the buffers of all connections hold; pace.bufferBytes bounds them.")
    public static let connectionsTotal = counter(
        "restante_connections_total", "Sockets of clients that were accepted.")
    public static let handshakes = counter(
        "restante_handshakes_total",
        "Attempts to open a WebSocket, by the HTTP status that they were answered with (101: open), the close code that a "
            + "browser was told instead, or timeout.",
        labels: ["outcome"])
    public static let sessions = gauge("restante_sessions", "WebSocket sessions that are open.")
    public static let closes = counter(
        "restante_closes_total",
        "WebSocket connections that ended, by close code and who closed; code none: the socket went without a close frame.",
        labels: ["code", "by"])
    public static let httpResponses = counter(
        "restante_http_responses_total", "Responses to plain HTTP requests and refused upgrades.",
        labels: ["route", "status"])

    // MARK: Traffic

    public static let framesReceived = counter(
        "restante_frames_received_total", "Frames of clients, by kind; malformed: the connection was closed for it.",
        labels: ["kind"])
    public static let receivedBytes = counter(
        "restante_received_bytes_total", "Bytes of frames of clients, without WebSocket and TLS.")
    public static let framesSent = counter(
        "restante_frames_sent_total", "Frames to clients, by kind.", labels: ["kind"])
    public static let sentBytes = counter(
        "restante_sent_bytes_total", "Bytes of frames to clients, without WebSocket and TLS.")
    public static let rejected = counter(
        "restante_rejected_total", "What was refused with a code of docs/ERRORS.md.", labels: ["asked", "code"])

    // MARK: Event loops

    public static let lateness = histogram(
        "restante_event_loop_lateness_seconds",
        [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5],
        "By how much event loops came too late to a timer of 100 ms.")
    public static let latenessMost = gauge(
        "restante_event_loop_lateness_max_seconds", "The longest of it since the start.", labels: ["loop"])

    static let gatewayCatalogue = [
        connections, strangers, claims, bufferBytes, connectionsTotal, handshakes, sessions, closes, httpResponses,
        framesReceived, receivedBytes, framesSent, sentBytes, rejected, lateness, latenessMost,
    ]
}
