import NIOCore
import NIOPosix
import RestanteCore

/// The generator's event loop, and what every scenario does on it.
struct LoadGenerator: Sendable {
    let loop: any EventLoop
    let server: LoadedServer

    /// Runs `body` with a generator of one event loop, on a thread of its own.
    static func with<Result>(
        _ server: LoadedServer, body: (LoadGenerator) async throws -> Result
    ) async throws -> Result {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let result = await Swift.Result { try await body(LoadGenerator(loop: group.next(), server: server)) }
        try await group.shutdownGracefully()
        return try result.get()
    }

    /// Tokens of so many users of one kind.
    func tokens(_ users: LoadUsers, _ count: Int) throws -> [String] {
        try (0..<count).map { try server.token(users.address($0)) }
    }

    /// Runs something on the loop and waits for it.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await loop.submit(body).get()
    }

    /// Starts something on the loop and waits until it calls back.
    func untilDone(_ body: @escaping @Sendable (@escaping () -> Void) throws -> Void) async throws {
        try await loop.flatSubmit { [loop] in
            let promise = loop.makePromise(of: Void.self)
            do { try body { promise.succeed() } } catch { promise.fail(error) }
            return promise.futureResult
        }.get()
    }
}
