import NIOCore

/// Devices that come and go together. Bound to one event loop.
final class Crowd {
    /// When a device counts as up.
    enum Up {
        /// The upgrade is complete; from then on its socket is not read.
        case stalled
        /// It has been told that nothing waits for it.
        case drained
    }

    private(set) var devices: [CrowdDevice] = []
    private let loop: any EventLoop
    private let up: Up
    private var ramp: Ramp?
    private var gone: (() -> Void)?
    private var present = 0
    /// Connections that ended though nobody wanted it.
    private(set) var lost = 0

    /// - Parameter receiveBytes: of the kernel's receive buffers; nil: as the system does it.
    init(_ tokens: [String], up: Up, receiveBytes: Int? = nil, _ connector: LoadConnector) {
        loop = connector.loop
        self.up = up
        devices = tokens.enumerated().map { CrowdDevice($0, token: $1, connector: connector) }
        for device in devices {
            device.crowd = self
            device.receiveBytes = receiveBytes
            device.stalls = up == .stalled
        }
    }

    /// Brings the first so many up.
    func connect(_ count: Int? = nil, done: @escaping () -> Void) {
        gone = nil
        ramp = Ramp(
            count ?? devices.count, atOnce: 200, on: loop, attempt: { [devices] in devices[$0].connect() },
            done: { [self] in
                ramp = nil
                done()
            })
    }

    /// Ends all connections.
    func cut(done: @escaping () -> Void) {
        gone = done
        for device in devices { device.connection?.cut() }
        tellIfGone()
    }

    fileprivate func opened() {
        present += 1
        if up == .stalled { ramp?.succeeded() }
    }

    fileprivate func drained() { if up == .drained { ramp?.succeeded() } }

    fileprivate func disconnected(_ device: CrowdDevice, wasPresent: Bool, _ end: ConnectionEnd) {
        if wasPresent { present -= 1 }
        if let ramp {
            ramp.failed(device.number, end)
        } else if gone != nil {
            tellIfGone()
        } else {
            lost += 1
        }
    }

    private func tellIfGone() {
        guard present == 0, let gone else { return }
        self.gone = nil
        gone()
    }
}

/// One of a ``Crowd``.
final class CrowdDevice: LoadDevice {
    fileprivate weak var crowd: Crowd?
    fileprivate var stalls = false
    private var isPresent = false

    override func opened(_ connection: LoadConnection) {
        super.opened(connection)
        if stalls { connection.setReading(false) }
        isPresent = true
        crowd?.opened()
    }

    override func drained() { crowd?.drained() }

    override func disconnected(_ end: ConnectionEnd) {
        let wasPresent = isPresent
        isPresent = false
        crowd?.disconnected(self, wasPresent: wasPresent, end)
    }
}
