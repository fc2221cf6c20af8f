/// A task that several wait for.
extension Task where Failure == Never {
    /// What it comes to; nil when whoever waits is cancelled before. The task goes on.
    func valueUnlessCancelled() async -> Success? {
        let (stream, continuation) = AsyncStream.makeStream(of: Success.self)
        Task<Void, Never> {
            continuation.yield(await value)
            continuation.finish()
        }
        for await value in stream { return value }
        return nil
    }
}
