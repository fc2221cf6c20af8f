import RestanteCore
import RestantePush

/// By which providers devices are woken, and as whom.
struct PushSettings: Sendable {
    struct APNs: Sendable {
        var key: String
        var keyID: String
        var team: String
        var production: String?
        var sandbox: String?
    }

    struct FCM: Sendable {
        var account: String
        var address: String?
    }

    struct WebPush: Sendable {
        var key: String
        var subject: String
        /// As they were written; each is an ``IPNetwork``.
        var networks: [String]
    }

    var apns: APNs?
    var fcm: FCM?
    var webPush: WebPush?
    /// A PEM file with authorities that are trusted besides the system's.
    var authorities: String?
    /// Seconds for which a device that was woken is left alone.
    var interval: Int = 20 * 60
    /// Seconds after which one is woken whose connection ended with mail still waiting.
    var afterClose: Int = 60

    /// Reads the keys and makes one sender a provider.
    ///
    /// - Throws: `PushError` for a file that is none; senders that were made before are shut down.
    func senders() async throws(PushError) -> [any PushSender] {
        var http = PushHTTP()
        if let authorities { try http.trust(file: authorities) }
        var senders: [any PushSender] = []
        do {
            if let apns { senders.append(try APNsSender(apns.configuration(), http: http)) }
            if let fcm { senders.append(try FCMSender(fcm.configuration(), http: http)) }
            if let webPush { senders.append(try WebPushSender(webPush.configuration(), http: http)) }
        } catch {
            for sender in senders { await sender.shutdown() }
            throw error
        }
        return senders
    }

    /// What the operator should know of the key files, although they can be used.
    var warnings: [String] {
        [apns?.key, fcm?.account, webPush?.key].compactMap { $0 }.compactMap(CredentialFile.warning)
    }

    /// One line a setting; a key is named by its file.
    var lines: [String] {
        [
            "push.apnsKey = \(apns?.key ?? "")", "push.apnsKeyId = \(apns?.keyID ?? "")",
            "push.apnsTeam = \(apns?.team ?? "")", "push.apnsUrl = \(apns?.production ?? "")",
            "push.apnsSandboxUrl = \(apns?.sandbox ?? "")", "push.fcmAccount = \(fcm?.account ?? "")",
            "push.fcmUrl = \(fcm?.address ?? "")", "push.webPushKey = \(webPush?.key ?? "")",
            "push.webPushSubject = \(webPush?.subject ?? "")",
            "push.webPushNetworks = \((webPush?.networks ?? []).joined(separator: ","))",
            "push.authorities = \(authorities ?? "")", "push.interval = \(interval)",
            "push.afterClose = \(afterClose)",
        ]
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
    fileprivate func configuration() throws(PushError) -> FCMConfiguration {
        var configuration = FCMConfiguration(accounts: [try ServiceAccount(file: account)])
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
