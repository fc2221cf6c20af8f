import NIOCore
import RestanteCore

extension ConnectionServices {
    /// Refuses a service's work when there is no room for it: where a session is not read, a service is told to come back. On
    /// the event loop.
    ///
    /// Asked before a body is collected, and again before it is handed to the store.
    func checkRoom() throws(Refusal) {
        let what: String
        if sessions.isStoreFull {
            what = "more waits for the store than may"
        } else if sessions.memory.shortage >= .most {
            what = "the server is short of memory"
        } else {
            return
        }
        throw Refusal(.unavailable, "\(what): ask again", retryAfter: RetryAfter.seconds(.seconds(1)))
    }
}
