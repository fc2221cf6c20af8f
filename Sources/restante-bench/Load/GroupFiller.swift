import NIOCore
import RestanteCore
import RestanteWire

extension LoadGenerator {
    /// Puts the first so many users into groups of up to 1,000, and sends so many messages to each group.
    func fillGroups(
        of users: LoadUsers, _ count: Int, messages: Int, payloadBytes: Int, _ target: LoadTarget
    ) async throws {
        for (number, start) in stride(from: 0, to: count, by: 1000).enumerated() {
            let token = try server.token(GroupFiller.users.address(number))
            let members = (start..<min(start + 1000, count)).map(users.name)
            try await loop.flatSubmit { [loop] in
                let promise = loop.makePromise(of: Void.self)
                GroupFiller(
                    group: "group\(number)", members: members, messages: messages, payloadBytes: payloadBytes,
                    token: token, LoadConnector(target, on: loop), done: { promise.completeWith($0) }
                ).connect()
                return promise.futureResult
            }.get()
        }
    }
}

/// Makes a group and fills its log: one row a message, however many members it waits for. Bound to one event loop.
final class GroupFiller: LoadDevice {
    static let users = LoadUsers(prefix: "filler")
    private static let window = 512

    private let group: String
    private let members: [String]
    private let template: SendTemplate
    private var left: Int
    private var unanswered = 0
    private let done: (Result<Void, any Error>) -> Void
    private var isDone = false

    /// - Parameter done: all messages have been accepted, or it cannot be done.
    init(
        group: String, members: [String], messages: Int, payloadBytes: Int, token: String, _ connector: LoadConnector,
        done: @escaping (Result<Void, any Error>) -> Void
    ) {
        (self.group, self.members, left, self.done) = (group, members, messages, done)
        template = SendTemplate(toGroup: group, payloadBytes: payloadBytes)
        super.init(0, token: token, connector: connector)
    }

    override func welcomed() {
        var frame = WireClientFrame()
        frame.requestID = 1
        frame.createGroup.group = group
        frame.createGroup.members = members
        connection?.write(OutgoingFrame.message(frame))
    }

    override func replied(_ request: UInt64) { sendMore() }

    override func accepted(_ id: MessageID) {
        unanswered -= 1
        sendMore()
    }

    override func failed(_ request: UInt64, code: UInt64) { end("the group was refused with code \(code)") }
    override func rejected(_ id: MessageID, code: UInt64) {
        end("a message to the group was refused with code \(code)")
    }
    override func disconnected(_ end: ConnectionEnd) { self.end("the filler's connection ended: \(end)") }

    private func sendMore() {
        while left > 0, unanswered < Self.window {
            left -= 1
            unanswered += 1
            connection?.write(template.frame(.now()))
        }
        if left == 0, unanswered == 0 { end(nil) }
    }

    private func end(_ trouble: String?) {
        guard !isDone else { return }
        isDone = true
        connection?.cut()
        done(trouble.map { .failure(BenchError($0)) } ?? .success(()))
    }
}
