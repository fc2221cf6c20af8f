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
    let memory: LoopMemory
    let timers: LoopTimers
    private let slice: TimeAmount
    private var backlog = EventBacklog()
    /// A slice of it is on its way.
    private var isDelivering = false
    private var turns: DrainTurns
    private var hasBeat = false
    private var nextSession: UInt64 = 1
    private var sessions: [SessionID: SessionHandler] = [:]
    /// Sessions that stopped reading because the store's queue was full.
    private var stalled: Set<SessionID> = []
    /// It was full for something of this loop, and has not said since that it has room.
    private(set) var isStoreFull = false
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
        eventLoop: any EventLoop, index: Int, store: any MessageStore, pace: Pace, handshakeTimeout: TimeAmount,
        metrics: GatewayMetrics
    ) {
        precondition(index < 1 << Self.indexBits, "more event loops than session ids can name")
        self.eventLoop = eventLoop
        self.index = UInt64(index)
        self.store = store
        self.metrics = metrics
        timers = LoopTimers(eventLoop)
        lobby = Lobby(pace, timers: timers, timeout: handshakeTimeout) { metrics.handshake($0) }
        memory = LoopMemory(pace.memory, stuckAfter: pace.limits.stuckAfter)
        slice = pace.limits.slice
        turns = DrainTurns(pace.limits.drains / pace.eventLoops)
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
        turns.leave(session)
        memory.leave(session)
    }

    func stall(_ session: SessionID) {
        storeIsFull()
        stalled.insert(session)
    }

    /// In the same turn of the loop in which the store said so, or its having room could be heard before.
    func storeIsFull() {
        eventLoop.preconditionInEventLoop()
        isStoreFull = true
    }

    func resume() {
        eventLoop.preconditionInEventLoop()
        isStoreFull = false
        let resumed = stalled
        stalled.removeAll(keepingCapacity: true)
        for session in resumed { sessions[session]?.storeHasRoom() }
    }

    /// Hands a commit's events to their sessions, in order: one flush a socket and one hand-over to the store a slice.
    func deliver(_ events: [LoopEvent]) {
        eventLoop.preconditionInEventLoop()
        backlog.append(events)
        guard !isDelivering else { return }
        deliverSlice(of: slice)
    }

    /// As much as the time allows; the rest after other sockets have had their turn.
    private func deliverSlice(of time: TimeAmount) {
        let end = NIODeadline.now() + time
        var touched: [SessionHandler] = []
        var unseen = 0
        while touched.count < Self.mostTouched, let (session, event) = backlog.next() {
            deliver(event, to: session, &touched)
            unseen += event.isPage ? Self.eventsBetweenLooks : 1
            guard unseen >= Self.eventsBetweenLooks else { continue }
            unseen = 0
            if NIODeadline.now() >= end { break }
        }
        giveTurns(&touched)
        endBatch(touched)
        isDelivering = !backlog.isEmpty
        if isDelivering { eventLoop.assumeIsolated().execute { [self] in deliverSlice(of: slice) } }
    }

    /// Events between two looks at the clock, which costs as much as some of them do. A page is many.
    private static let eventsBetweenLooks = 16

    /// Sockets that are flushed in one slice: a flush is a call of the system.
    private static let mostTouched = 1024

    private func endBatch(_ touched: [SessionHandler]) {
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
        let ended = sessions.values.lazy.filter { !$0.expiry.isKeyKnown }.map(\.id)
        end(Array(ended)[...])
    }

    private func end(_ ids: ArraySlice<SessionID>) {
        for id in ids.prefix(Self.endedAtOnce) { sessions[id]?.expire() }
        let rest = ids.dropFirst(Self.endedAtOnce)
        if !rest.isEmpty { eventLoop.execute { self.end(rest) } }
    }

    private static let endedAtOnce = 128

    // MARK: - Turns and memory

    /// True: the session may read now; otherwise its turn comes as an event.
    func asksTurn(_ session: SessionID) -> Bool {
        eventLoop.preconditionInEventLoop()
        let isItsTurn = turns.ask(session, memory.shortage)
        if !isItsTurn { scheduleBeat() }
        return isItsTurn
    }

    func passesTurn(_ session: SessionID) { turns.isDone(session) }

    /// It is closing.
    func drains(no session: SessionID) { turns.leave(session) }

    /// A message came. While memory is short, its sender is not read any further.
    func senderCame(_ handler: SessionHandler) {
        guard memory.shortage >= .most else { return }
        handler.holdBack(true)
        memory.holdBack(handler.id)
        scheduleBeat()
    }

    /// What a session's socket has not taken.
    func unsent(_ bytes: Int, of session: SessionID) {
        memory.unsent(bytes, of: session)
        if bytes > 0 { scheduleBeat() }
    }

    private func giveTurns(_ touched: inout [SessionHandler]) {
        while let session = turns.next(memory.shortage) {
            guard sessions[session] != nil else {
                turns.leave(session)
                continue
            }
            deliver(.turnCame, to: session, &touched)
        }
    }

    /// While anybody waits for a turn or holds memory, they are looked at again by and by.
    private func scheduleBeat() {
        guard !hasBeat else { return }
        hasBeat = true
        eventLoop.assumeIsolated().scheduleTask(in: Self.beat) { [self] in
            hasBeat = false
            beat()
        }
    }

    private static let beat = TimeAmount.milliseconds(100)

    private func beat() {
        for session in memory.holders { sessions[session]?.noteUnsent() }
        memory.report()
        if let worst = memory.worst() { sessions[worst]?.cut() }
        for session in memory.takeHeldBack() { sessions[session]?.holdBack(false) }
        var touched: [SessionHandler] = []
        giveTurns(&touched)
        endBatch(touched)
        if turns.hasWaiting || memory.isBusy { scheduleBeat() }
    }

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

    /// Tells all sockets that the server ends, after what the store has said. The future succeeds when the last has gone.
    ///
    /// - Parameter clients: how many are told, on all event loops.
    func endAll(clients: Int) -> EventLoopFuture<Void> {
        eventLoop.preconditionInEventLoop()
        while !backlog.isEmpty { deliverSlice(of: .hours(1)) }
        let promise = emptied ?? eventLoop.makePromise(of: Void.self)
        emptied = promise
        if channels.isEmpty { promise.succeed() }
        for channel in channels.values { channel.pipeline.fireUserInboundEventTriggered(ServerEnds(clients: clients)) }
        return promise.futureResult
    }

    /// Closes what is left, without a word.
    func cutAll() {
        eventLoop.preconditionInEventLoop()
        for channel in channels.values { channel.cut() }
    }
}
