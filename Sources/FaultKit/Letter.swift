import RestanteCore

/// A message that was handed to the store, and what was told of it.
struct Letter {
    enum State {
        /// Handed over, and the power went before an answer: stored or not.
        case unanswered
        case accepted
        case rejected
    }

    let number: Int
    let submission: Submission
    let sender: DeviceAddress
    var state = State.unanswered
    /// Who must get it, if it is stored: those who were to get it at each time that it was handed over.
    var owed: Set<DeviceAddress>
    /// Who would get it if it were stored by the handing over that is under way.
    var owedNow: Set<DeviceAddress>
    /// Who may get it: a device that it was owed to at one of those times, or that came into being since.
    var mayGet: Set<DeviceAddress>
    /// Whose remainder ended with a gap, or may have.
    var excused: Set<DeviceAddress> = []
    /// Stored in the order of `number`: told at its first handing over.
    var isInOrder = false

    init(number: Int, submission: Submission, sender: DeviceAddress, owed: Set<DeviceAddress>) {
        self.number = number
        self.submission = submission
        self.sender = sender
        self.owed = owed
        owedNow = owed
        mayGet = owed
    }

    mutating func handedOverAgain(owed now: Set<DeviceAddress>) {
        owedNow = now
        owed.formIntersection(now)
        mayGet.formUnion(now)
    }
}
