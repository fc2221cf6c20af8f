import RestanteMetrics

/// How an attempt to open a WebSocket came out.
enum HandshakeOutcome: MetricLabel {
    case accepted
    /// The HTTP status that it was refused with.
    case refused(UInt)
    /// The upgrade was completed to tell a browser the close code; one that is not on the list counts as `other`.
    case closed(UInt16)
    /// The request was not complete in time.
    case timedOut

    private static let closeCodes: [UInt16] = [4401, 4403]

    static let texts = ["101", "timeout"] + closeCodes.map(String.init) + HTTPStatusLabel.texts

    var index: Int {
        switch self {
        case .accepted: 0
        case .timedOut: 1
        case .closed(let code): Self.closeCodes.firstIndex(of: code).map { 2 + $0 } ?? Self.texts.count - 1
        case .refused(let status): 2 + Self.closeCodes.count + HTTPStatusLabel(status).index
        }
    }
}
