/// Something that shows a provider who we are, for some time.
struct Credential: Sendable, Equatable {
    var value: String
    /// Seconds since the epoch, UTC.
    var madeAt: Int64
    /// From when on another is made, in seconds since the epoch, UTC.
    var renewAt: Int64
}

/// Why there is no credential.
enum CredentialTrouble: Error, Sendable, Equatable {
    /// An operator has to look.
    case refused(reason: String)
    /// Whoever hands it out cannot now.
    case unavailable(after: Duration?, reason: String)

    var answer: PushAnswer {
        switch self {
        case .refused(let reason): .refused(reason: reason, alarm: .credentials)
        case .unavailable(let after, let reason): .retry(after: after, reason: reason)
        }
    }

    /// How long nobody else is to be told otherwise.
    fileprivate var pause: Duration {
        let least = Duration.seconds(CredentialCache.troublePause)
        return if case .unavailable(let after?, _) = self { max(after, least) } else { least }
    }

    /// The same, to somebody who is told of it when `left` of its pause are left.
    fileprivate func later(left: Duration) -> CredentialTrouble {
        guard case .unavailable(let after?, let reason) = self else { return self }
        return .unavailable(after: min(after, left), reason: reason)
    }
}

/// Keeps a credential, and makes another when it is time: once for all who wait for it.
actor CredentialCache {
    typealias Make = @Sendable (_ now: Int64) async -> Result<Credential, CredentialTrouble>

    /// A trouble is told to others for so many seconds before it is tried again, or for as long as was asked for if
    /// that is longer: ten thousand wakes must not ask ten thousand times.
    static let troublePause: Int64 = 5
    /// The clock may go back by so many seconds before a credential counts as made in the future.
    private static let clockSlack: Int64 = 60

    private let clock: any PushClock
    private let minimumAge: Int64
    private let make: Make
    private var kept: Credential?
    private var making: Task<Result<Credential, CredentialTrouble>, Never>?
    private var trouble: (CredentialTrouble, until: Duration)?
    private var lastForced: Duration?
    private var hasEnded = false

    /// - Parameter minimumAge: seconds between two that are made because the provider refused the one before.
    init(clock: any PushClock, minimumAge: Int64, make: @escaping Make) {
        self.clock = clock
        self.minimumAge = minimumAge
        self.make = make
    }

    /// One that is good now.
    func value() async throws(CredentialTrouble) -> String {
        let now = clock.wall / 1000
        if let kept, now < kept.renewAt, now >= kept.madeAt - Self.clockSlack { return kept.value }
        return try await makeOne(now).value
    }

    /// Another than the one that the provider has refused; nil if there was another too short a time ago for it to
    /// help.
    func value(insteadOf refused: String) async throws(CredentialTrouble) -> String? {
        if let kept, kept.value != refused { return kept.value }
        if making == nil {
            if let lastForced, clock.uptime - lastForced < .seconds(minimumAge) { return nil }
            lastForced = clock.uptime
            kept = nil
        }
        return try await makeOne(clock.wall / 1000).value
    }

    var isMaking: Bool { making != nil }

    /// Ends what is under way: whoever waits is told so.
    func shutdown() {
        hasEnded = true
        making?.cancel()
    }

    /// Whoever is cancelled waits no longer; the credential is made for the others.
    private func makeOne(_ now: Int64) async throws(CredentialTrouble) -> Credential {
        let task = if let making { making } else { try start(now) }
        guard let result = await task.valueUnlessCancelled() else {
            throw .unavailable(after: nil, reason: Exchange.cancelled)
        }
        return try result.get()
    }

    private func start(_ now: Int64) throws(CredentialTrouble) -> Task<Result<Credential, CredentialTrouble>, Never> {
        guard !hasEnded else { throw .unavailable(after: nil, reason: "shut down") }
        if let (trouble, until) = trouble, clock.uptime < until {
            throw trouble.later(left: until - clock.uptime)
        }
        let task = Task {
            let result = await make(now)
            end(result)
            return result
        }
        making = task
        return task
    }

    private func end(_ result: Result<Credential, CredentialTrouble>) {
        making = nil
        switch result {
        case .success(let credential):
            kept = credential
            trouble = nil
        case .failure(let failure):
            trouble = (failure, clock.uptime + failure.pause)
        }
    }
}
