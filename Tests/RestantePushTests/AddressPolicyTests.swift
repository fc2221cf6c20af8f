import RestanteCore
import Testing

@testable import RestantePush

struct AddressPolicyTests {
    static let forbidden = [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "127.0.0.1", "127.255.255.255", "169.254.169.254", "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1", "192.0.0.8", "192.0.2.1", "198.18.0.1", "198.51.100.1", "203.0.113.9", "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1", "255.255.255.255", "::", "::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::127.0.0.1", "fe80::1",
        "fec0::1",
        "fc00::1", "fd00:ec2::254", "ff02::1", "2001::1", "2001:db8::1", "2002:7f00:1::", "64:ff9b::7f00:1",
        "64:ff9b:1::1", "100::1", "3fff::1", "4000::1",
    ]
    static let open = [
        "1.1.1.1", "8.8.8.8", "172.15.255.255", "172.32.0.1", "100.128.0.1", "192.167.255.255", "223.255.255.255",
        "2606:4700::1111", "2a00:1450:4001:82b::200e", "2001:4860:4860::8888", "64:ff9b::808:808", "::ffff:8.8.8.8",
    ]

    @Test(arguments: forbidden) func isNotPublic(text: String) throws {
        #expect(!AddressPolicy().allows(try #require(IPAddress(text))))
    }

    @Test(arguments: open) func isPublic(text: String) throws {
        #expect(AddressPolicy().allows(try #require(IPAddress(text))))
    }

    /// It opens IPv6 alone: not this machine's own IPv4 addresses, however they are written.
    @Test func allOfIPv6IsNotAll() throws {
        let policy = AddressPolicy(allowed: [try #require(IPNetwork("::/0"))])
        #expect(policy.allows(try #require(IPAddress("fd12::1"))))
        for text in ["127.0.0.1", "::ffff:127.0.0.1", "64:ff9b::7f00:1"] {
            #expect(!policy.allows(try #require(IPAddress(text))))
        }
    }

    @Test func allowedNetworks() throws {
        let policy = AddressPolicy(allowed: [
            try #require(IPNetwork("10.1.0.0/16")), try #require(IPNetwork("fd00::/8")),
        ])
        for text in ["10.1.2.3", "::ffff:10.1.2.3", "fd12::1"] { #expect(policy.allows(try #require(IPAddress(text)))) }
        for text in ["10.2.0.1", "127.0.0.1", "fc00::1"] { #expect(!policy.allows(try #require(IPAddress(text)))) }
    }
}
