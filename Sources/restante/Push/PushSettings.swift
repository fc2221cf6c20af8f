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
