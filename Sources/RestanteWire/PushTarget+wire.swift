import RestanteCore

extension PushTarget {
    /// Checked as far as one can without asking the provider.
    init(_ it: WireRegisterPush) throws(Refusal) {
        switch it.provider {
        case "apns":
            try require(
                (32...200).contains(it.token.utf8.count) && it.token.utf8.count.isMultiple(of: 2)
                    && it.token.utf8.allSatisfy(\.isHexDigit), "token",
                "the device token in hexadecimal: 16 to 100 bytes, two digits each")
            try require(it.app.isMadeOf(".-", upTo: 255), "app", "the app's bundle id: letters, digits, . and -")
            self = .apns(token: it.token, topic: it.app, sandbox: it.sandbox)
        case "fcm":
            try require(it.token.isPlain(upTo: 4096), "token", "the app's registration token")
            // Projects of companies have a domain before a colon.
            try require(
                it.app.isMadeOf("-.:", upTo: 128) && !it.app.contains(".."), "app", "the id of the Firebase project")
            self = .fcm(token: it.token, app: it.app)
        case "webpush":
            try require(it.token.isPlain(upTo: 2048), "token", "the subscription's endpoint, as ASCII without spaces")
            if let wrong = EndpointFault(it.token) { try require(false, "token", "an endpoint \(wrong.rawValue)") }
            try require(
                it.key.count == 65 && it.key.first == 4, "key", "p256dh, an uncompressed P-256 point of 65 bytes")
            try require(it.secret.count == 16, "secret", "auth, 16 bytes")
            self = .webPush(endpoint: it.token, key: [UInt8](it.key), secret: [UInt8](it.secret))
        default:
            throw Refusal(.badRequest, "provider is apns, fcm or webpush")
        }
    }
}

extension PushDisplay {
    init(_ it: WireRegisterPush) throws(Refusal) {
        try require(
            it.placeholder.utf8.count <= PushDisplay.mostBytes, "placeholder",
            "a text of at most \(PushDisplay.mostBytes) bytes")
        self.init(placeholder: it.placeholder.isEmpty ? nil : it.placeholder, showsLabels: it.labels)
    }
}

/// Never with what it was: a target is a secret.
private func require(_ holds: Bool, _ field: String, _ what: String) throws(Refusal) {
    guard holds else { throw Refusal(.badRequest, "\(field) must be \(what)") }
}

extension String {
    /// Printable ASCII without spaces.
    fileprivate func isPlain(upTo count: Int) -> Bool {
        (1...count).contains(utf8.count) && utf8.allSatisfy { (0x21...0x7e).contains($0) }
    }

    /// Letters and digits of ASCII, and these.
    fileprivate func isMadeOf(_ others: String, upTo count: Int) -> Bool {
        isPlain(upTo: count) && allSatisfy { $0.isLetter || $0.isNumber || others.contains($0) }
    }
}

extension UInt8 {
    fileprivate var isHexDigit: Bool {
        switch self {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
            UInt8(ascii: "A")...UInt8(ascii: "F"):
            true
        default: false
        }
    }
}
