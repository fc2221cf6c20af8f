import NIOCore
import RestanteCore

/// The sessions and sockets of one event loop: touched on that loop only.
///
/// `@unchecked Sendable` because references to it travel (to the dispatcher, into channel initialisers) while its
/// state stays: every method checks that it is called on the loop.
final class SessionTable: @unchecked Sendable {
    let eventLoop: any EventLoop
    let lobby: Lobby
    private let index: UInt64
    private let store: any MessageStore
    let metrics: GatewayMetrics
    private var nextSession: UInt64 = 1
    private var sessions: [SessionID: SessionHandler] = [:]
    /// Sessions that stopped reading because the store's queue was full.
    private var stalled: Set<SessionID> = []
    private var channels: [ObjectIdentifier: any Channel] = [:]
    /// Succeeds when the last socket has gone after the end began.
    private var emptied: EventLoopPromise<Void>?

    /// How many low bits of a session id say which loop it lives on.
    static let indexBits: UInt64 = 8

    /// Which loop a session lives on.
    static func index(of session: SessionID) -> Int {
        Int(session.rawValue & (1 << indexBits - 1))
    }

    init(
        eventLoop: any EventLoop, index: Int, store: any MessageStore, lobby: Lobby, metrics: GatewayMetrics
    ) {
        precondition(index < 1 << Self.indexBits, "more event loops than session ids can name")
        self.eventLoop = eventLoop
        self.index = UInt64(index)
        self.store = store
        self.metrics = metrics
        self.lobby = lobby
    }

    // MARK: - Sessions

    /// A new id, never given out twice in this process.
    func makeSessionID() -> SessionID {
        eventLoop.preconditionInEventLoop()
        defer { nextSession += 1 }
        return SessionID(nextSession << Self.indexBits | index)
    }

    func add(_ handler: SessionHandler) {
        eventLoop.preconditionInEventLoop()
        sessions[handler.id] = handler
    }

    func remove(_ session: SessionID) {
        eventLoop.preconditionInEventLoop()
        sessions[session] = nil
        stalled.remove(session)
    }

    func stall(_ session: SessionID) {
        eventLoop.preconditionInEventLoop()
        stalled.insert(session)
    }

    func resume() {
        eventLoop.preconditionInEventLoop()
        let resumed = stalled
        stalled.removeAll(keepingCapacity: true)
        for session in resumed { sessions[session]?.storeHasRoom() }
    }

    /// Hands a commit's events to their sessions: one flush a socket, one hand-over to the store for all of them.
    func deliver(_ events: [LoopEvent]) {
        eventLoop.preconditionInEventLoop()
        var touched: [SessionHandler] = []
        for event in events {
            switch event {
            case .session(let id, let event): deliver(event, to: id, &touched)
            case .live(let message, let readers):
                for reader in readers { deliver(.live(message, tag: reader.tag), to: reader.session, &touched) }
            case .relay(let message, let sessions):
                for session in sessions { deliver(.relayed(message), to: session, &touched) }
            }
        }
        var commands: [StoreCommand] = []
        for handler in touched { handler.endBatch(&commands) }
        if !commands.isEmpty { store.enqueue(commands) }
    }

    private func deliver(_ event: SessionEvent, to session: SessionID, _ touched: inout [SessionHandler]) {
        guard let handler = sessions[session] else { return }
        if handler.take(event) { touched.append(handler) }
    }

    /// Ends the sessions whose token's key has gone: so many at a time, so that the loop is not held up.
    func endSessionsWithoutKey() {
        eventLoop.preconditionInEventLoop()
        let ended = sessions.values.lazy.filter { !$0.hasKnownKey }.map(\.id)
        end(Array(ended)[...])
    }

    private func end(_ ids: ArraySlice<SessionID>) {
        for id in ids.prefix(Self.endedAtOnce) { sessions[id]?.expire() }
        let rest = ids.dropFirst(Self.endedAtOnce)
        if !rest.isEmpty { eventLoop.execute { self.end(rest) } }
    }

    private static let endedAtOnce = 128

    // MARK: - Sockets

    func add(_ channel: any Channel) {
        eventLoop.preconditionInEventLoop()
        let key = ObjectIdentifier(channel)
        channels[key] = channel
        metrics.connectionOpened()
        channel.closeFuture.assumeIsolated().whenComplete { [self] _ in
            channels[key] = nil
            metrics.connectionClosed()
            if channels.isEmpty { emptied?.succeed() }
        }
    }

    /// Sessions read no more; what they said before is answered.
    func stopReading() {
        eventLoop.preconditionInEventLoop()
        for handler in sessions.values { handler.stopReading() }
    }

    /// Tells all sockets that the server ends. The future succeeds when the last has gone.
    func endAll() -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        let promise = emptied ?? eventLoop.makePromise(of: Void.self)
        emptied = promise
        if channels.isEmpty { promise.succeed() }
        for channel in channels.values { channel.pipeline.fireUserInboundEventTriggered(ServerEnds()) }
        return promise.futureResult
    }

    /// Closes what is left, without a word.
    func cutAll() {
        eventLoop.preconditionInEventLoop()
        for channel in channels.values { channel.close(promise: nil) }
    }
}

/// Tells the handlers of a socket, as an inbound event, that the server ends.
package struct ServerEnds: Sendable {
    package init() {}
}

/// What a commit has to say to the sessions of one event loop.
enum LoopEvent: Sendable {
    case session(SessionID, SessionEvent)
    case live(Message, [LiveReader])
    case relay(Message, [SessionID])
}
