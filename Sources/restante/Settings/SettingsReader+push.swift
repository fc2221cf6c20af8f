import RestanteCore
import RestantePush

/// The settings of wake-ups.
extension SettingsReader {
    mutating func readPush(_ settings: inout ServeSettings) {
        settings.push.apns = apns()
        settings.push.fcm = fcm()
        settings.push.webPush = webPush()
        settings.push.authorities = text(.pushAuthorities)
        settings.push.interval = number(.pushInterval, 1...86400) ?? settings.push.interval
        settings.push.afterClose = number(.pushAfterClose, 1...3600) ?? settings.push.afterClose
    }

    private mutating func apns() -> PushSettings.APNs? {
        let (production, sandbox) = (address(.apnsUrl), address(.apnsSandboxUrl))
        let (key, keyID, team) = (text(.apnsKey), text(.apnsKeyId), text(.apnsTeam))
        guard let key, let keyID, let team else {
            if [key, keyID, team, production, sandbox].contains(where: { $0 != nil }) {
                problems.append("push.apnsKey, push.apnsKeyId, push.apnsTeam: APNs needs all three")
            }
            return nil
        }
        for (setting, id) in [("push.apnsKeyId", keyID), ("push.apnsTeam", team)]
        where id.utf8.count != 10 || !id.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber) }) {
            problems.append("\(setting): must have ten letters and digits, as Apple's developer site shows it")
        }
        return PushSettings.APNs(key: key, keyID: keyID, team: team, production: production, sandbox: sandbox)
    }

    private mutating func fcm() -> PushSettings.FCM? {
        let address = address(.fcmUrl)
        guard let account = text(.fcmAccount) else {
            if address != nil { problems.append("push.fcmUrl: FCM needs push.fcmAccount, too") }
            return nil
        }
        return PushSettings.FCM(account: account, address: address)
    }

    private mutating func webPush() -> PushSettings.WebPush? {
        let texts = list(.webPushNetworks) ?? []
        if texts.contains(where: { IPNetwork($0) == nil }) {
            problems.append("push.webPushNetworks: must be networks like 10.0.0.0/8, not names")
        }
        let (key, subject) = (text(.webPushKey), text(.webPushSubject))
        if let subject {
            check(.webPushSubject) { () throws(PushError) in try VAPIDContact.check(subject) }
        }
        guard let key, let subject else {
            if key != nil || subject != nil || !texts.isEmpty {
                problems.append("push.webPushKey, push.webPushSubject: Web Push needs both")
            }
            return nil
        }
        return PushSettings.WebPush(key: key, subject: subject, networks: texts)
    }

    private mutating func address(_ setting: Setting) -> String? {
        guard let text = text(setting) else { return nil }
        check(setting) { () throws(PushError) in try BaseAddress.check(text, "it") }
        return text
    }

    private mutating func check(_ setting: Setting, _ body: () throws(PushError) -> Void) {
        do { try body() } catch { problems.append("\(setting.key): \(error)") }
    }
}
