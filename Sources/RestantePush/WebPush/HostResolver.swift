import Glibc
public import NIOCore
import NIOPosix

/// Finds the addresses of a name.
public protocol HostResolver: Sendable {
    /// All addresses, in the order in which they are to be tried; empty if there is none, or none can be found now, or
    /// the task was cancelled before anybody was asked.
    ///
    /// - Parameter isKnown: whether it had addresses before. Names come from clients, and a name server may be slow on
    ///   purpose: a name that was never found must not hold the others up.
    func addresses(of host: String, isKnown: Bool) async -> [SocketAddress]
}

/// The machine's resolver, asked on threads of its own, since it blocks for as long as the name server does.
public struct SystemHostResolver: HostResolver {
    /// Of names that were found before, and as many of those that were not.
    static let threads = 4
    private static let forKnown = pool()
    private static let forStrangers = pool()

    private let ask: @Sendable (_ host: String) -> [SocketAddress]

    public init() { self.init(Self.ask) }

    init(_ ask: @escaping @Sendable (_ host: String) -> [SocketAddress]) { self.ask = ask }

    public func addresses(of host: String, isKnown: Bool) async -> [SocketAddress] {
        (try? await (isKnown ? Self.forKnown : Self.forStrangers).runIfActive { ask(host) }) ?? []
    }

    private static func pool() -> NIOThreadPool {
        let pool = NIOThreadPool(numberOfThreads: threads)
        pool.start()
        return pool
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
