import ArgumentParser

/// The settings of wake-ups as flags.
struct PushFlags: ParsableArguments {
    @Option(help: "The .p8 file with which Apple's developer site lets you wake devices. (default: none)")
    var pushApnsKey: String?
    @Option(help: "Its key id, of ten characters.")
    var pushApnsKeyId: String?
    @Option(help: "The id of its team, of ten characters.")
    var pushApnsTeam: String?
    @Option(help: "(default: https://api.push.apple.com)")
    var pushApnsUrl: String?
    @Option(help: "(default: https://api.sandbox.push.apple.com)")
    var pushApnsSandboxUrl: String?
    @Option(help: "The JSON file of a Firebase service account. (default: none)")
    var pushFcmAccount: String?
    @Option(help: "(default: https://fcm.googleapis.com)")
    var pushFcmUrl: String?
    @Option(help: "A P-256 private key in PEM, for Web Push (VAPID). (default: none)")
    var pushWebPushKey: String?
    @Option(help: "Whom a push service turns to: mailto:admin@example.org or an https URL.")
    var pushWebPushSubject: String?
    @Option(help: "Private networks in which push services may be: 10.1.0.0/16. (default: none)")
    var pushWebPushNetworks: String?
    @Option(help: "Authorities in PEM that are trusted besides the system's to vouch for providers.")
    var pushAuthorities: String?
    @Option(help: "Seconds for which a device that was woken is left alone, unless urgent mail comes. (default: 1200)")
    var pushInterval: Int?

    @Option(help: "Seconds after which a device is woken whose connection ended with mail still waiting. (default: 60)")
    var pushAfterClose: Int?

    var texts: [Setting: String?] {
        [
            .apnsKey: pushApnsKey, .apnsKeyId: pushApnsKeyId, .apnsTeam: pushApnsTeam, .apnsUrl: pushApnsUrl,
            .apnsSandboxUrl: pushApnsSandboxUrl, .fcmAccount: pushFcmAccount, .fcmUrl: pushFcmUrl,
            .webPushKey: pushWebPushKey, .webPushSubject: pushWebPushSubject, .webPushNetworks: pushWebPushNetworks,
            .pushAuthorities: pushAuthorities,
        ]
    }

    var numbers: [Setting: Int?] { [.pushInterval: pushInterval, .pushAfterClose: pushAfterClose] }
}
