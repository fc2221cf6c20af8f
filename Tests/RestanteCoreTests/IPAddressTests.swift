import RestanteCore
import Testing

struct IPAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("::1", "::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0"), ("255.255.255.255", "255.255.255.255"),
        ("102:304:506:708:90a:b0c:d0e:f10", "102:304:506:708:90a:b0c:d0e:f10"),
    ])
    func isTheSameHoweverItIsWritten(text: String, shown: String) throws {
        let address = try #require(IPAddress(text))
        #expect(address.description == shown)
        #expect(IPAddress(shown) == address)
        #expect(IPAddress(bits: address.bits) == address)
    }

    @Test func bitsAreInTheirOrder() {
        #expect(IPAddress("192.0.2.1") == IPAddress(ipv4: 0xC000_0201))
        #expect(IPAddress("2001:db8::7")?.bits == (0x2001_0DB8 as UInt128) << 96 | 7)
    }

    @Test(arguments: [
        "", "localhost", "192.0.2", "192.0.2.256", "192.0.2.01x", "1", "::g", "[::1]", "unknown", "_x", "fe80::1%eth0",
        "192.0.2.1:80", "192.0.2.1\0", "127.0.0.1\0.example.org", " ::1", "0x7f.0.0.1", "127.1",
    ])
    func isNoAddress(text: String) { #expect(IPAddress(text) == nil) }

    @Test(arguments: [
        ("127.0.0.1", true), ("127.255.0.9", true), ("::ffff:127.0.0.1", true), ("::1", true), ("128.0.0.1", false),
        ("::", false), ("::7f00:1", false), ("7f00::1", false),
    ])
    func loopback(text: String, isLoopback: Bool) { #expect(IPAddress(text)?.isLoopback == isLoopback) }

    // MARK: - Networks

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/8", "::10.0.0.1", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "203.0.113.9", false),
        ("::/0", "2001:db8::1", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::/64", "2001:db8::ffff:0:0:1", true),
        ("2001:db8::/64", "2001:db8:0:1::1", false), ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
        ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("2001:db8::1/128", "2001:db8::1", true),
        ("2001:db8::1", "2001:db8::2", false),
    ])
    func networks(network: String, address: String, isIn: Bool) throws {
        let network = try #require(IPNetwork(network))
        #expect(network.contains(try #require(IPAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0.0/8/8", "::/129",
        "::1/129", "2001:db8::1/32", "proxy/8", "10.0.0.0/8x", "example.org", "::ffff:0:0/96", "fe80::%eth0/10",
    ])
    func isNoNetwork(text: String) { #expect(IPNetwork(text) == nil) }

    @Test func networksAreShownAsWritten() {
        for text in ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32", "0.0.0.0/0", "::/0"] {
            #expect(IPNetwork(text)?.description == text)
        }
    }
}
