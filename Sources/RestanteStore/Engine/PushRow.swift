import RestanteCore

/// A row of `push_targets`, but for its mark.
struct PushRow {
    private let provider: Int64
    private let token: String
    private let app: String
    private let sandbox: Int64
    private let key: [UInt8]?
    private let secret: [UInt8]?
    let display: PushDisplay
    let registeredAt: Int64

    init(_ target: PushTarget, _ display: PushDisplay, registeredAt: Int64) {
        provider = Int64(target.provider.rawValue)
        switch target {
        case .apns(let token, let topic, let sandbox):
            (self.token, app, self.sandbox, key, secret) = (token, topic, sandbox ? 1 : 0, nil, nil)
        case .fcm(let token, let app):
            (self.token, self.app, sandbox, key, secret) = (token, app, 0, nil, nil)
        case .webPush(let endpoint, let key, let secret):
            (token, app, sandbox, self.key, self.secret) = (endpoint, "", 0, key, secret)
        }
        self.display = display
        self.registeredAt = registeredAt
    }

    /// Nil: the device has none.
    init?(_ connection: Connection, of device: DeviceKey) throws {
        let row = try connection.first(
            "SELECT provider, token, app, sandbox, key, secret, placeholder, shows_labels, registered_at"
                + " FROM push_targets WHERE device_id = ?1", device
        ) { PushRow($0) }
        guard let row else { return nil }
        self = row
    }

    private init(_ row: borrowing Statement) {
        provider = row.int(0)
        token = row.text(1)
        app = row.text(2)
        sandbox = row.int(3)
        key = row.bytes(4)
        secret = row.bytes(5)
        display = PushDisplay(placeholder: row.optionalText(6), showsLabels: row.int(7) != 0)
        registeredAt = row.int(8)
    }

    /// In place of the one that the device had; nothing counts as woken.
    func insert(_ connection: Connection, for device: DeviceKey) throws {
        try connection.run(
            "INSERT OR REPLACE INTO push_targets(device_id, provider, token, app, sandbox, key, secret, placeholder,"
                + " shows_labels, registered_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            device, provider, token, app, sandbox, key, secret, display.placeholder, display.showsLabels ? 1 : 0,
            registeredAt)
    }

    /// Nil: a provider that this version does not know.
    var target: PushTarget? {
        switch PushProvider(rawValue: Int(provider)) {
        case .apns: .apns(token: token, topic: app, sandbox: sandbox != 0)
        case .fcm: .fcm(token: token, app: app)
        case .webPush: .webPush(endpoint: token, key: key ?? [], secret: secret ?? [])
        case nil: nil
        }
    }
}
