/// Who began the closing handshake of a WebSocket; `nobody`: the socket was gone without one.
package enum Closer: Int, CaseIterable, Sendable {
    case server, client, nobody
}
