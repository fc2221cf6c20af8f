import HeapModule
import RestanteCore

extension DispatchState {
    func limit(of lane: LaneName) -> Int {
        guard lane.provider == .webPush else { return limits.concurrency }
        return isNew(lane) ? min(PushLimits.perNewHost, limits.perWebPushHost) : limits.perWebPushHost
    }

    /// Whether it is a host that some client has named, and that has not taken anything quickly.
    func isNew(_ lane: LaneName) -> Bool { lane.provider == .webPush && !knownHosts.contains(lane.part) }

    /// Notes how a lane has answered: a host that has taken something is known, until it is slow.
    ///
    /// A host that answers late, or never, holds its places for as long: it is to share them with those that nobody knows.
    mutating func judge(_ lane: LaneName, _ answer: PushAnswer, took: Duration) {
        guard lane.provider == .webPush else { return }
        if took > Self.slowAnswer {
            knownHosts.remove(lane.part)
        } else if answer == .taken {
            // Strangers can bring any number of hosts; those that are forgotten are known again with the next answer.
            if knownHosts.count >= Self.slack { knownHosts = [] }
            knownHosts.insert(lane.part)
        }
        let most = limit(of: lane)
        lanes[lane]?.bound(to: most)
    }

    mutating func standInLine(_ name: LaneName) {
        guard let lane = lanes[name], lane.canSend, lane.place == nil else { return }
        let place = lines[name.provider, default: ProviderLine()].append(
            name, sending: lane.sending, isNew: isNew(name))
        lanes[name]?.place = place
    }

    mutating func forgetIfUnused(_ name: LaneName) {
        if lanes[name]?.isUnused == true { lanes[name] = nil }
    }

    /// How many entries there are in all queues, those of wakes that are gone among them.
    var entries: Int { dues.count + lanes.values.reduce(0) { $0 + $1.count } }

    mutating func noteDue(_ device: DeviceAddress) {
        if let wake = wakes[device] { dues.insert(wake.due) }
    }

    mutating func nextNumber() -> UInt64 {
        number += 1
        return number
    }

    /// Entries of what was cancelled or replaced are passed over when their turn comes; until then they must not pile
    /// up.
    mutating func clearOut() {
        if dues.count > 2 * wakes.count + Self.slack {
            let live = wakes.values.map(\.due)
            dues = Heap(live)
        }
        let (wakes, lanes) = (wakes, lanes)
        for (provider, line) in lines where line.count > lanes.count + Self.slack {
            lines[provider]?.removeAll { lanes[$0.lane]?.place != $0 }
        }
        for (name, lane) in lanes where lane.count > 2 * lane.wakes + Self.slack {
            self.lanes[name]?.removeAll { entry in
                guard case .waiting(entry.ticket)? = wakes[entry.device]?.place else { return true }
                return false
            }
        }
    }
}
