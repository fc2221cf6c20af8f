import Glibc
public import NIOCore
import NIOPosix

/// Finds the addresses of a name.
public protocol HostResolver: Sendable {
    /// All addresses, in the order in which they are to be tried; empty if there is none, or none can be found now.
    func addresses(of host: String) async -> [SocketAddress]
}

/// The machine's resolver, asked on threads of its own, since it blocks for as long as the name server does.
public struct SystemHostResolver: HostResolver {
    /// Names come from clients, and a name server may be slow on purpose: nobody else waits for these threads.
    private static let threads: NIOThreadPool = {
        let threads = NIOThreadPool(numberOfThreads: 8)
        threads.start()
        return threads
    }()

    public init() {}

    public func addresses(of host: String) async -> [SocketAddress] {
        (try? await Self.threads.runIfActive { Self.ask(host) }) ?? []
    }

    private static func ask(_ host: String) -> [SocketAddress] {
        var hints = addrinfo()
        hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
        hints.ai_flags = AI_ADDRCONFIG
        var first: UnsafeMutablePointer<addrinfo>?
        guard getaddrinfo(host, nil, &hints, &first) == 0 else { return [] }
        defer { freeaddrinfo(first) }
        return sequence(first: first) { $0?.pointee.ai_next }.prefix { $0 != nil }.compactMap { address($0) }
    }

    private static func address(_ info: UnsafeMutablePointer<addrinfo>?) -> SocketAddress? {
        guard let info, let address = UnsafeRawPointer(info.pointee.ai_addr) else { return nil }
        switch info.pointee.ai_family {
        case AF_INET: return SocketAddress(address.loadUnaligned(as: sockaddr_in.self))
        case AF_INET6: return SocketAddress(address.loadUnaligned(as: sockaddr_in6.self))
        default: return nil
        }
    }
}
