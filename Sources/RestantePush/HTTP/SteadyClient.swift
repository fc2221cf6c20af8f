import AsyncHTTPClient
import NIOConcurrencyHelpers

/// A client that gives way to another when no answers come any more.
///
/// A connection whose other end confirms our bytes and answers nothing looks as good as any, and so does one that never
/// gets as far as HTTP/2's settings: all requests would go that way for ever.
final class SteadyClient: Sendable {
    /// So many requests in a row without an answer are enough.
    static let patience = 5
    /// Least time between two replacements. It doubles with each client that has not ended yet, of which some may
    /// never: they must not pile up while a provider is in trouble.
    static let minimumAge: Duration = .seconds(60)
    private static let mostDoublings = 6

    fileprivate struct State {
        var client: HTTPClient
        /// Tells answers of this client from those of the one before.
        var serial = 0
        var silences = 0
        var mayBeReplacedAt: Duration
        var hasEnded = false
    }

    private let http: PushHTTP
    private let clock: any PushClock
    private let ending: EndingClients
    private let make: @Sendable () -> HTTPClient
    private let state: NIOLockedValueBox<State>

    /// - Parameter ending: where clients go that are not used any more.
    init(
        http: PushHTTP, clock: any PushClock, ending: EndingClients, make: @escaping @Sendable () -> HTTPClient
    ) {
        self.http = http
        self.clock = clock
        self.ending = ending
        self.make = make
        state = NIOLockedValueBox(State(client: make(), mayBeReplacedAt: clock.uptime))
    }

    func exchange(_ request: HTTPClientRequest) async -> Exchange {
        let (client, serial) = state.withLockedValue { ($0.client, $0.serial) }
        let exchange = await http.exchange(request, by: client)
        note(exchange, of: serial)
        return exchange
    }

    /// Begins to close it. Nothing is asked for afterwards.
    func end() {
        let client = state.withLockedValue { state -> HTTPClient? in
            defer { state.hasEnded = true }
            return state.hasEnded ? nil : state.client
        }
        if let client { ending.end(client, of: "") }
    }

    private func note(_ exchange: Exchange, of serial: Int) {
        let now = clock.uptime
        let doublings = min(ending.count, Self.mostDoublings)
        let former = state.withLockedValue { state -> HTTPClient? in
            guard serial == state.serial, !state.hasEnded else { return nil }
            state.count(exchange)
            guard state.silences >= Self.patience, now >= state.mayBeReplacedAt else { return nil }
            defer {
                state = State(
                    client: make(), serial: serial + 1, mayBeReplacedAt: now + Self.minimumAge * (1 << doublings))
            }
            return state.client
        }
        if let former { ending.end(former, of: "") }
    }
}

extension SteadyClient.State {
    fileprivate mutating func count(_ exchange: Exchange) {
        switch exchange {
        case .failed(Exchange.cancelled): break
        case .failed(Exchange.noAnswer), .failed(Exchange.noConnection): silences += 1
        case .failed, .answered: silences = 0
        }
    }
}
