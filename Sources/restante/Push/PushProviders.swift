import RestanteCore
import RestantePush

/// One sender for each provider that is set, made of its files.
struct PushProviders: Sendable {
    private(set) var senders: [any PushSender] = []
    /// Those of which there is a service account.
    private(set) var fcmProjects: Set<String> = []
    /// What is wrong with the files, each with its setting.
    private var problems: [String] = []

    /// Reads the files of all of them.
    ///
    /// - Throws: `CommandFailure` with all that is wrong with them; no sender is left open.
    init(_ settings: PushSettings) async throws(CommandFailure) {
        var http = PushHTTP()
        if let file = settings.authorities {
            check(.pushAuthorities) { () throws(PushError) in try http.trust(file: file) }
        }
        if let apns = settings.apns {
            add(.apnsKey) { () throws(PushError) in try APNsSender(apns.configuration(), http: http) }
        }
        if let fcm = settings.fcm {
            let account = check(.fcmAccount) { () throws(PushError) in try ServiceAccount(file: fcm.account) }
            if let account {
                fcmProjects = [account.project]
                add(.fcmAccount) { () throws(PushError) in try FCMSender(fcm.configuration(account), http: http) }
            }
        }
        if let webPush = settings.webPush {
            add(.webPushKey) { () throws(PushError) in try WebPushSender(webPush.configuration(), http: http) }
        }
        guard problems.isEmpty else {
            for sender in senders { await sender.shutdown() }
            throw CommandFailure(wrongSettings: problems)
        }
    }

    private mutating func add(_ setting: Setting, _ make: () throws(PushError) -> any PushSender) {
        if let sender = check(setting, make) { senders.append(sender) }
    }

    @discardableResult
    private mutating func check<Made>(_ setting: Setting, _ make: () throws(PushError) -> Made) -> Made? {
        do {
            return try make()
        } catch {
            problems.append("\(setting.key): \(error)")
            return nil
        }
    }
}

extension PushSettings.APNs {
    fileprivate func configuration() throws(PushError) -> APNsConfiguration {
        var configuration = APNsConfiguration(teams: [
            APNsConfiguration.Team(id: team, keyID: keyID, key: try PushKey(file: key))
        ])
        configuration.production = production ?? configuration.production
        configuration.sandbox = sandbox ?? configuration.sandbox
        return configuration
    }
}

extension PushSettings.FCM {
    fileprivate func configuration(_ account: ServiceAccount) -> FCMConfiguration {
        var configuration = FCMConfiguration(accounts: [account])
        configuration.address = address ?? configuration.address
        return configuration
    }
}

extension PushSettings.WebPush {
    fileprivate func configuration() throws(PushError) -> WebPushConfiguration {
        WebPushConfiguration(
            key: try PushKey(file: key), contact: subject,
            policy: AddressPolicy(allowed: networks.compactMap { IPNetwork($0) }))
    }
}
