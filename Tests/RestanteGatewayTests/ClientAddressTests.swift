import NIOCore
import RestanteCore
import Testing

@testable import RestanteGateway

struct ClientAddressTests {
    @Test func comesFromSockets() throws {
        #expect(IPAddress(try SocketAddress(ipAddress: "192.0.2.7", port: 80)).logged == "192.0.2.7")
        #expect(IPAddress(try SocketAddress(ipAddress: "::ffff:192.0.2.7", port: 80)).logged == "192.0.2.7")
        #expect(IPAddress(try SocketAddress(ipAddress: "2001:db8::7", port: 80)).logged == "2001:db8::7")
        #expect(IPAddress(try SocketAddress(unixDomainSocketPath: "/x")) == .none)
        #expect(IPAddress(nil as SocketAddress?).logged == "none")
    }

    @Test func aZoneIsDropped() {
        #expect(IPAddress(droppingZone: "fe80::1%eth0")?.description == "fe80::1")
        #expect(IPAddress(droppingZone: "192.0.2.1")?.description == "192.0.2.1")
        #expect(IPAddress(droppingZone: "%eth0") == nil)
    }

    @Test func limitsCountASubscriber() throws {
        let one = try #require(IPAddress("2001:db8:1:2:3::4"))
        let two = try #require(IPAddress("2001:db8:1:2:ffff::1"))
        let three = try #require(IPAddress("2001:db8:1:3::4"))
        #expect(one != two && one.limitKey == two.limitKey)
        #expect(one.limitKey != three.limitKey)
        #expect(one.limitKey.description == "2001:db8:1:2::")
        let four = try #require(IPAddress("192.0.2.1"))
        #expect(four.limitKey == four)
    }
}
