import NIOCore
import Testing

@testable import RestanteGateway

struct ClientAddressTests {
    @Test(arguments: [
        ("192.0.2.1", "192.0.2.1"), ("::ffff:192.0.2.1", "192.0.2.1"), ("2001:DB8:0:0:0:0:0:1", "2001:db8::1"),
        ("fe80::1%eth0", "fe80::1"), ("::1", "::1"), ("0.0.0.0", "0.0.0.0"),
    ])
    func isTheSameHoweverItIsWritten(text: String, shown: String) throws {
        let address = try #require(ClientAddress(text))
        #expect(address.description == shown)
        #expect(ClientAddress(shown) == address)
    }

    @Test(arguments: ["", "localhost", "192.0.2", "192.0.2.256", "192.0.2.01x", "1", "::g", "[::1]", "unknown", "_x"])
    func isNoAddress(text: String) { #expect(ClientAddress(text) == nil) }

    @Test func comesFromSockets() throws {
        #expect(ClientAddress(try SocketAddress(ipAddress: "192.0.2.7", port: 80)).description == "192.0.2.7")
        #expect(ClientAddress(try SocketAddress(ipAddress: "::ffff:192.0.2.7", port: 80)).description == "192.0.2.7")
        #expect(ClientAddress(try SocketAddress(ipAddress: "2001:db8::7", port: 80)).description == "2001:db8::7")
        #expect(ClientAddress(try SocketAddress(unixDomainSocketPath: "/x")) == .none)
        #expect(ClientAddress(nil) == .none)
    }

    @Test func limitsCountASubscriber() throws {
        let one = try #require(ClientAddress("2001:db8:1:2:3::4"))
        let two = try #require(ClientAddress("2001:db8:1:2:ffff::1"))
        let three = try #require(ClientAddress("2001:db8:1:3::4"))
        #expect(one != two && one.limitKey == two.limitKey)
        #expect(one.limitKey != three.limitKey)
        #expect(one.limitKey.description == "2001:db8:1:2::")
        let four = try #require(ClientAddress("192.0.2.1"))
        #expect(four.limitKey == four)
    }

    @Test(arguments: [
        ("10.0.0.0/8", "10.255.0.1", true), ("10.0.0.0/8", "11.0.0.1", false), ("10.0.0.0/8", "::10.0.0.1", false),
        ("10.0.0.0/8", "::ffff:10.1.1.1", true), ("192.0.2.1", "192.0.2.1", true), ("192.0.2.1", "192.0.2.2", false),
        ("0.0.0.0/0", "203.0.113.9", true), ("0.0.0.0/0", "2001:db8::1", false), ("::/0", "203.0.113.9", false),
        ("::/0", "2001:db8::1", true), ("2001:db8::/33", "2001:db8:7fff::1", true),
        ("2001:db8::/33", "2001:db8:8000::1", false), ("2001:db8::/65", "2001:db8::7fff:0:0:1", true),
        ("2001:db8::/65", "2001:db8::8000:0:0:1", false), ("2001:db8::1/128", "2001:db8::1", true),
    ])
    func ranges(range: String, address: String, isIn: Bool) throws {
        let range = try #require(AddressRange(range))
        #expect(range.contains(try #require(ClientAddress(address))) == isIn)
    }

    @Test(arguments: [
        "", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/+8", "10.0.0.1/8", "10.0.0.0/8/8", "::/129",
        "2001:db8::1/32", "proxy/8", "10.0.0.0/8x",
    ])
    func isNoRange(text: String) { #expect(AddressRange(text) == nil) }

    @Test func rangesAreShownAsWritten() {
        for text in ["10.0.0.0/8", "192.0.2.1/32", "2001:db8::/32"] { #expect(AddressRange(text)?.description == text) }
    }
}
