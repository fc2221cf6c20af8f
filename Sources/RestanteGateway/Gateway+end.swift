import Logging
import NIOCore
import NIOPosix
import RestanteCore
import ServiceLifecycle
import Synchronization

/// How the serving comes to its end.
extension Gateway {
    func waitForEnd() async -> Ending {
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await ending.value()
            } onGracefulShutdown: { [ending] in
                ending.set(.asked)
            }
        } onCancel: { [ending] in
            ending.set(.asked)
        }
    }

    func end(_ ending: Ending, _ listener: any Channel) async throws {
        let deadline = NIODeadline.now() + configuration.shutdownGrace
        try? await listener.close()
        switch ending {
        case .asked:
            logger.info("shutting down", metadata: ["cause": "asked to"])
            for table in tables { table.eventLoop.execute { table.stopReading() } }
            await store.shutdown()
            // What it had to write at the end is on disk, or this is no shutdown in good order.
            if let error = failure.current { return try await end(failed: error) }
            calls.end(Refusal(.shuttingDown, "the server is shutting down", retryAfter: 1))
            await closeSockets(by: deadline)
            refusals.tell()
            try await group.shutdownGracefully()
        case .storeFailed(let error):
            try await end(failed: error)
        }
    }

    private func end(failed error: any Error) async throws {
        logger.critical(
            "the store failed; nobody was answered, and the server ends", metadata: ["error": "\(error)"])
        for table in tables { table.eventLoop.execute { table.cutAll() } }
        calls.end(Refusal(.unavailable, "the store failed: ask again after the restart"))
        try await group.shutdownGracefully()
        throw GatewayError(.storeFailed, "the store failed: \(error)", cause: error)
    }

    /// Says goodbye to all, and cuts those that are still there at the deadline.
    private func closeSockets(by deadline: NIODeadline) async {
        let clients = pace.sessions.load(ordering: .relaxed)
        await withTaskGroup { tasks in
            for table in tables {
                tasks.addTask {
                    // Even when the time is over already, the goodbye is written first.
                    try? await table.eventLoop.flatSubmit {
                        let ended = table.endAll(clients: clients)
                        let cut = table.eventLoop.scheduleTask(deadline: deadline) { table.cutAll() }
                        ended.whenComplete { _ in cut.cancel() }
                        return ended
                    }.get()
                }
            }
        }
    }
}
