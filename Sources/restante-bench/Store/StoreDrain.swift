import RestanteCore

/// Which devices are being read, and what they acknowledge next.
struct StoreDrain {
    private let traffic: StoreTraffic
    private let devices: [Int]
    private var started = 0
    private(set) var delivered = 0

    init(_ traffic: StoreTraffic, devices: [Int]) {
        (self.traffic, self.devices) = (traffic, devices)
    }

    /// Acknowledges the pages that came, reads on where there is more, and begins with as many further devices; nil: all is
    /// acknowledged.
    mutating func next(after events: [StoreEvent]) -> [StoreCommand]? {
        var commands: [StoreCommand] = []
        var reading = 0
        for case .page(let id, let page, let more) in events {
            delivered += page.count
            if let last = page.last { commands.append(.acknowledge(id, through: last.tag)) }
            if more {
                commands.append(.read(id))
                reading += 1
            } else if traffic.scenario.reconnects {
                commands.append(.release(id))
            }
        }
        while reading < traffic.scenario.readers, started < devices.count {
            if traffic.scenario.reconnects { commands.append(traffic.claim(devices[started])) }
            commands.append(.read(StoreTraffic.session(devices[started])))
            started += 1
            reading += 1
        }
        return commands.isEmpty ? nil : commands
    }
}
