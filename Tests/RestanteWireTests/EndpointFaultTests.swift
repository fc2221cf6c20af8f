import Testing

@testable import RestanteWire

struct EndpointFaultTests {
    @Test(arguments: [
        "https://updates.push.services.mozilla.com/wpush/v2/gAAA-b_c", "https://fcm.googleapis.com/fcm/send/a:b%2Fc@d",
        "https://push.example.org", "https://push.example.org:8443/x?y=z:0", "https://[2606:4700::1111]/x",
        "https://[2606:4700::1111]:65535/x", "https://192.0.2.1:1?x",
    ])
    func isTaken(url: String) { #expect(EndpointFault(url) == nil) }

    static let faults: [(String, EndpointFault)] = [
        ("http://push.example.org/x", .scheme), ("push.example.org/x", .scheme), ("", .scheme),
        ("https://user@push.example.org/x", .user), ("https://user:secret@push.example.org/x", .user),
        ("https://@push.example.org/x", .user), ("https://push.example.org/x#y", .fragment),
        ("https://push.example.org#", .fragment), ("https://push.example.org\\@evil.example.org/x", .user),
        ("https://push.example.org/\\x", .backslash), ("https:///x", .host), ("https://", .host),
        ("https://:443/x", .host),
        ("https://push..example.org/x", .host), ("https://example.org./x", .host),
        ("https://pu%73h.example.org/x", .host),
        ("https://[::1", .host), ("https://[v1.x]/x", .host), ("https://[fe80::1%25eth0]/x", .host),
        ("https://[192.0.2.1]/x", .host), ("https://[::1]x/", .host), ("https://2606:4700::1111/x", .port),
        ("https://push.example.org:0/x", .port), ("https://push.example.org:65536/x", .port),
        ("https://push.example.org:/x", .port), ("https://push.example.org:+1/x", .port),
        ("https://push.example.org:99999999999999999999/x", .port),
    ]

    @Test(arguments: faults) func isNot(url: String, fault: EndpointFault) { #expect(EndpointFault(url) == fault) }
}
