import RestanteCore
import Testing

@testable import RestantePush

struct WebPushEndpointTests {
    static let good: [(text: String, origin: String, url: String)] = [
        (
            "https://updates.push.services.mozilla.com/wpush/v2/gAAA-b_c", "https://updates.push.services.mozilla.com",
            "https://updates.push.services.mozilla.com/wpush/v2/gAAA-b_c"
        ),
        (
            "https://fcm.googleapis.com/fcm/send/a:b%2Fc", "https://fcm.googleapis.com",
            "https://fcm.googleapis.com/fcm/send/a:b%2Fc"
        ),
        ("HTTPS://Push.Example.ORG:443", "https://push.example.org", "https://push.example.org/"),
        ("https://push.example.org:8443/x?y=z", "https://push.example.org:8443", "https://push.example.org:8443/x?y=z"),
        ("https://[2606:4700::1111]/x", "https://[2606:4700::1111]", "https://[2606:4700::1111]/x"),
    ]

    @Test(arguments: good) func isTaken(text: String, origin: String, url: String) throws {
        let endpoint = try #require(WebPushEndpoint(text))
        #expect(endpoint.origin == origin)
        #expect(endpoint.url == url)
    }

    @Test(arguments: [
        "", "http://push.example.org/x", "ftp://push.example.org/x", "https:///x", "https://", "push.example.org/x",
        "https://user@push.example.org/x", "https://user:secret@push.example.org/x", "https://@push.example.org/x",
        "https://push.example.org/x#y", "https://push.example.org:0/x", "https://push.example.org:99999/x",
        "https://push.example.org\\@evil.example.org/x", "https://push example.org/x", "https://pu%73h.example.org/x",
        "https://push..example.org/x", "https://.example.org/x", "https://example.org./x",
        "https://münchen.example.org/x",
        "https://[::1", "https://[v1.x]/x", "https://[fe80::1%25eth0]/x", "https+unix://%2Ftmp%2Fsocket/x",
        "https://push.example.org/\u{0}", "https://push.example.org/x\r\nhost: y",
        "https://example.org/" + String(repeating: "x", count: 2048),
    ])
    func isNotTaken(text: String) {
        #expect(WebPushEndpoint(text) == nil)
    }

    @Test func saysNothingOfItself() throws {
        let endpoint = try #require(WebPushEndpoint("https://push.example.org/secret"))
        #expect("\(endpoint)" == "an endpoint")
        var dumped = ""
        dump(endpoint, to: &dumped)
        #expect(!dumped.contains("secret"))
    }
}
