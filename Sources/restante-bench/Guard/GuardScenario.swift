/// What the guard measures: small enough for an emulated processor, large enough for a tree of three levels.
enum GuardScenario: String, CaseIterable {
    case direct
    case groups

    var store: StoreScenario {
        switch self {
        case .direct:
            StoreScenario(
                name: rawValue, devices: 2000, groups: 0, membersPerGroup: 1, messages: 12_000, batch: 128)
        case .groups:
            StoreScenario(name: rawValue, devices: 1000, groups: 20, membersPerGroup: 100, messages: 1000, batch: 128)
        }
    }

    /// For the program in C.
    var arguments: [String] {
        let store = store
        return [store.devices, store.groups, store.membersPerGroup, store.messages, store.batch].map { "\($0)" }
    }
}
