import RestanteCore

/// Something to tell the sink.
enum PushNote: Equatable {
    case due(Wake)
    case asked(Wake, attempt: Int)
    case connected(DeviceAddress, isCancelled: Bool)
    case answered(Wake, PushAnswer, took: Duration)
    case alarm(PushProvider, reason: String, of: PushAlarm)
    case ended(Wake, WakeOutcome)
}

extension PushSink {
    func tell(_ note: PushNote) {
        switch note {
        case .due(let wake): due(wake)
        case .asked(let wake, let attempt): asked(wake, attempt: attempt)
        case .connected(let device, let isCancelled): connected(device, isCancelled: isCancelled)
        case .answered(let wake, let answer, let took): answered(wake, answer, took: took)
        case .alarm(let provider, let reason, let what): alarm(provider, reason: reason, of: what)
        case .ended(let wake, let outcome): ended(wake, outcome)
        }
    }
}

extension PushAnswer {
    /// How a wake ends with it; nil: it does not end, it is tried again.
    var outcome: WakeOutcome? {
        switch self {
        case .taken: .sent
        case .unregistered: .unregistered
        case .refused(let reason, alarm: .none), .refused(let reason, alarm: .target): .refused(reason: reason)
        case .retry, .refused(_, alarm: .credentials): nil
        }
    }
}
