import DequeModule
import RestanteCore

/// The mailbox itself: everything that happens between one BEGIN and its COMMIT.
///
/// Belongs to the store's thread, with its connection. A batch of commands is carried out in order; what they caused is
/// then shown to live sessions in the same order, pages are read, and only after COMMIT do the events leave. No other
/// connection writes, so what is read here is what is committed with it.
///
/// A ``Refusal`` is thrown before anything of its command is written. Every other error ends the store.
final class Engine {
    let connection: Connection
    let limits: Limits
    let policies: Policies
    let node: String
    let epoch: String
    let statements: Statements

    var directory: Directory
    var heads = BoundedCache<LogKey, LogMark>(capacity: 400_000)
    /// The one that was asked for last: a send asks more than once.
    var latestHead: (log: LogKey, mark: LogMark)?
    /// Where the last cursor of a log was when it was last asked for: for logs that have seen more than a quota.
    var floors = BoundedCache<LogKey, LogMark>(capacity: 100_000)
    var recent = RecentMessages()
    /// Which messages a log has.
    let index: LogIndex
    /// An index that hid messages was rebuilt: once in the life of a process.
    var hasRebuiltIndex = false
    var services: [ServiceName: ServiceEntry] = [:]
    var positions: PositionCounter
    var idsFrom: MessageID
    var acceptedRows: AcceptedRows

    var sessions: [SessionID: Session] = [:]
    var sessionOfDevice: [DeviceKey: Session] = [:]
    /// Sessions by the logs that they follow to the end.
    var followers: [LogKey: [Session]] = [:]
    /// Sessions by the logs that their users have left, of which they may still be owed something.
    var leavers: [LogKey: [Session]] = [:]

    /// Cursors that wait for others to move with.
    var lateCursors = LateCursors()

    // What the batch at hand has caused so far.
    var journal: [Effect] = []
    /// It has devices that begin to follow a log: until they do, who follows it is not known.
    var journalFollows = false
    var events: [StoreEvent] = []
    var acknowledged: [SessionID: UInt64] = [:]
    var oweReceipts: Set<SessionID> = []
    /// Messages that were cancelled in the batch that stored them: nobody is shown them.
    var withdrawn: Set<Position> = []
    /// Sessions that asked for their next page; those that a batch had no room for are served by the next.
    var wantPage: Deque<Session> = []
    /// Sessions of devices that were unlinked or whose tokens were revoked: told after the answer to whoever asked for it.
    var endedLater: [(session: SessionID, end: SessionEnd)] = []
    /// What the operator is told between two batches.
    var notices: [StoreNotice] = []
    /// Devices that were refused since what is held for them is damaged: the operator is told of each once.
    private var refusedAsDamaged: Set<DeviceKey> = []

    var sweeper = Sweeper()
    var wal: WALWatch
    let frames: WALFrames
    var checkpoint = Checkpoint()
    var pauses = Pauses()
    /// What happened since it was last told.
    var counts = StoreCounts()
    /// When the last COMMIT began, in monotonic nanoseconds.
    private(set) var committedAt = monotonicNanoseconds()
    /// How long it took.
    private(set) var commitNanoseconds: UInt64 = 0
    var oldest = OldestMessage()
    var paces = (sweep: Pace(), prune: Pace(), retention: Pace(), index: Pace(), wakes: Pace())
    let indexEvery: Int
    /// When positions were last settled, or it was seen that none wait, in monotonic nanoseconds.
    var settledAt = monotonicNanoseconds()
    var pressure = Pressure()
    let disk: StoreDisk?
    var expiry: Expiry
    var wakes: WakeSchedule
    /// Devices whose wake-ups are not to be sent any more: they are unlinked, or have taken back where they are woken.
    var unwoken: [DeviceAddress] = []
    /// When devices are looked at again, in milliseconds of the store's clock.
    var idleDueAt: Int64 = 0
    /// Some rows of `endings` have not been looked through.
    var hasEndings = true
    var endings = EndingsPass()
    /// The backup that is being copied.
    var backup: PageCopy?
    var timekeeper: Timekeeper
    private static let idleGrace: Int64 = 3_600_000

    init(connection: Connection, options: StoreOptions, disk: StoreDisk? = nil) throws {
        self.connection = connection
        self.disk = disk
        self.limits = options.limits
        self.policies = options.policies
        self.node = options.node
        timekeeper = Timekeeper(
            options.clock, mark: try Engine.readMark(connection), memory: Engine.memory(options.limits))
        statements = try Statements(connection)
        wal = WALWatch(connection)
        frames = WALFrames(connection)
        directory = Directory(connection)
        epoch = try connection.first("SELECT value FROM meta WHERE key = 'epoch'") { $0.text(0) } ?? ""
        positions = try PositionCounter(connection)
        index = try LogIndex(connection, through: positions.head)
        indexEvery = options.indexEvery
        idsFrom = try Engine.readIDsFrom(connection)
        acceptedRows = try AcceptedRows(connection, at: positions.head)
        try connection.execute("BEGIN IMMEDIATE")
        wakes = try WakeSchedule(options.wakes, connection, now: timekeeper.read())
        expiry = try Expiry(connection, limits: limits, now: timekeeper.read())
        try clearSessions(ofNode: node)
        try keepClock()
        try connection.execute("COMMIT")
        // After a long rest all devices look idle, and are about to come back.
        idleDueAt = now + Self.idleGrace
    }

    /// Carries out a batch in one transaction and gives back what it made true, once it is durable.
    func run(_ commands: [StoreCommand]) throws -> [StoreEvent] {
        try transaction {
            _ = ageTime
            for command in commands { try perform(command) }
            try settle()
            try keepClock()
        }
        return takeEvents()
    }

    /// One transaction; an error leaves it to whoever ends the store.
    func transaction(_ body: () throws -> Void) throws {
        try statements.begin.finish()
        try body()
        committedAt = monotonicNanoseconds()
        try statements.commit.finish()
        commitNanoseconds = monotonicNanoseconds() - committedAt
        checkSync()
        try disk?.check()
    }

    private func perform(_ command: StoreCommand) throws {
        switch command {
        case .claim(let claim): try perform(claim)
        case .release(let session): try release(session)
        case .send(let submission, let origin): try perform(submission, origin)
        case .acknowledge(let session, let tag): try acknowledge(session, through: tag)
        case .read(let session): if let session = sessions[session] { want(session) }
        case .pause(let session): sessions[session]?.pause()
        case .woken(let wake, let outcome): try woken(wake, outcome)
        case .request(let request, let id, let origin): try perform(request, id: id, origin)
        }
    }

    private func perform(_ claim: Claim) throws {
        do {
            events.append(.claimed(claim.session, try self.claim(claim)))
        } catch let refusal as Refusal {
            events.append(.claimRefused(claim.session, refusal))
        }
    }

    private func perform(_ submission: Submission, _ origin: Origin) throws {
        let outcome: SendOutcome
        do {
            guard let author = try author(of: origin) else { return }
            outcome = try send(submission, from: author)
        } catch let refusal as Refusal {
            outcome = .rejected(refusal)
        }
        counts.count(outcome)
        events.append(.sent(submission.id, outcome, to: origin))
    }

    private func perform(_ request: Request, id: UInt64, _ origin: Origin) throws {
        do {
            events.append(.replied(.success(try answer(request, origin)), id: id, to: origin))
        } catch let refusal as Refusal {
            events.append(.replied(.failure(refusal), id: id, to: origin))
        }
    }

    /// Shows live sessions what the batch has done, reads the pages that were asked for, and moves what follows from it.
    func settle() throws {
        try fanOut()
        try readPages()
        for id in oweReceipts { try deliverReceipts(to: id) }
        try moveLateCursors()
        for (id, tag) in acknowledged {
            events.append(.acknowledged(id, through: tag))
            if let session = sessions[id] { sayDrained(session) }
        }
        for (id, end) in endedLater { events.append(.ended(id, end)) }
        endedLater.removeAll()
        journal.removeAll(keepingCapacity: true)
        journalFollows = false
        oweReceipts.removeAll(keepingCapacity: true)
        withdrawn.removeAll(keepingCapacity: true)
        acknowledged.removeAll(keepingCapacity: true)
    }

    /// The operator is told once in the life of the process.
    func noteDamage(of device: DeviceKey, _ address: DeviceAddress) {
        guard refusedAsDamaged.insert(device).inserted else { return }
        notices.append(
            StoreNotice(
                .warning,
                "what is held for the device \(address) is damaged; it is refused and kept as it is, the others are served."
                    + " Stop the server, see what is wrong with `restante check --full`, and restore a backup, or unlink the"
                    + " device, which then registers anew"))
    }

    func takeNotices() -> [StoreNotice] {
        defer { notices = [] }
        return notices + timekeeper.takeNotices()
    }

    func takeCounts() -> StoreCounts {
        defer { counts = StoreCounts() }
        return counts
    }

    func takeEvents() -> [StoreEvent] {
        defer { events = [] }
        return events
    }
}

/// What a command did that live sessions must see, in the order in which it happened.
enum Effect {
    case stored(MessageRow)
    case relayed(MessageRow)
    case followed(DeviceKey, LogKey, from: Position)
    case unfollowed(DeviceKey, LogKey, until: Position)
}

/// The statements of the way of a message, prepared once.
struct Statements {
    let begin: Statement
    let commit: Statement
    let insertMessage: Statement
    let insertAccepted: Statement
    let findAccepted: Statement
    let message: Statement
    let moveCursor: Statement

    init(_ connection: Connection) throws {
        begin = try connection.prepare("BEGIN IMMEDIATE")
        commit = try connection.prepare("COMMIT")
        insertMessage = try connection.prepare(Engine.insertMessageSQL)
        insertAccepted = try connection.prepare(Engine.insertAcceptedSQL)
        findAccepted = try connection.prepare(Engine.findAcceptedSQL)
        message = try connection.prepare(Engine.messageSQL)
        moveCursor = try connection.prepare(Engine.moveCursorSQL)
    }
}
