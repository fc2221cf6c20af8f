import Testing

@testable import RestantePush

/// What an operator sets, as far as its form says that it cannot work.
struct SettingRuleTests {
    @Test(arguments: [
        "https://api.push.apple.com", "https://api.push.apple.com:2197", "https://127.0.0.1:1", "https://[::1]:65535",
    ])
    func aBaseAddress(text: String) throws { try BaseAddress.check(text, "it") }

    @Test(arguments: [
        "", "https://", "http://example.org", "example.org", "https://example.org/", "https://example.org/x",
        "https://example.org#x", "https://example.org#", "https://example.org?x", "https://example.org?",
        "https://user@example.org", "https://:secret@example.org", "https://example.org:0", "https://example.org:99999",
        "https://example.org:x", "https://exam ple.org", "https://:443", "https://example.org\\x",
    ])
    func noBaseAddress(text: String) {
        let error = #expect(throws: PushError.self) { try BaseAddress.check(text, "it") }
        #expect(error?.message.hasPrefix("it must be https://") == true)
    }

    @Test(arguments: ["mailto:admin@example.org", "https://example.org", "https://example.org:8443/contact?us"])
    func aContact(text: String) throws { try VAPIDContact.check(text) }

    @Test(arguments: [
        "", "mailto:", "mailto:admin", "mailto:@example.org", "mailto:admin@", "mailto:a@b@c", "https://", "https:///x",
        "http://example.org", "admin@example.org", "mailto:ad min@example.org", "mailto:\"admin\"@example.org",
        "https://example.org/a b", "mailto:<admin@example.org>", "mailto:admin@example.org\n",
    ])
    func noContact(text: String) {
        #expect(throws: PushError.self) { try VAPIDContact.check(text) }
    }
}
