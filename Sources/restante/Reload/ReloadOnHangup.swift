import ServiceLifecycle
import UnixSignals

/// Reloads at each SIGHUP, as `systemctl reload` and certbot's hooks send it.
struct ReloadOnHangup: Service {
    /// Trapped before the server starts: from then on a hangup no longer ends the process.
    let signals: UnixSignalsSequence
    let reloader: Reloader

    func run() async throws {
        for await _ in signals.cancelOnGracefulShutdown() { _ = await reloader.reload() }
    }
}
