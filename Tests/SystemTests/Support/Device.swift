import Foundation
import Logging
import RestanteClient
import RestanteCore
import RestanteGateway

/// A device that stays connected, and all that it was told, in order.
final class Device: Sendable {
    let address: DeviceAddress
    let client: RestanteClient
    let events = Watched<[ClientEvent]>([])
    /// Why the client gave up, if it did.
    let end = Watched<ClientError?>(nil)
    private let answer: Answer

    /// What a device does about an event.
    typealias Answer = @Sendable (ClientEvent, RestanteClient) -> Void

    private init(_ address: DeviceAddress, _ configuration: ClientConfiguration, _ answer: @escaping Answer) {
        self.address = address
        client = RestanteClient(configuration: configuration)
        self.answer = answer
    }

    /// Keeps a device connected while `body` runs.
    ///
    /// - Parameter answer: acknowledges each delivery at once unless something else is to be done.
    @discardableResult
    static func with<Result>(
        _ user: String, _ name: String = "phone", on server: ServerProcess, answer: @escaping Answer = acknowledgeAll,
        _ body: (Device) async throws -> Result
    ) async throws -> Result {
        let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: name))
        var configuration = ClientConfiguration(
            url: server.url, token: try await server.mint().mint(address, lifetime: 3600))
        configuration.backoff = Backoff(base: 10, ceiling: 100)
        configuration.logger.logLevel = .critical
        let device = Device(address, configuration, answer)
        async let reading: Void = device.read()
        async let running: Void = device.run()
        defer { device.client.stop() }
        let result = try await body(device)
        device.client.stop()
        _ = await (reading, running)
        return result
    }

    @Sendable static func acknowledgeAll(_ event: ClientEvent, _ client: RestanteClient) {
        if case .delivery(_, let token) = event { client.acknowledge(through: token) }
    }

    @Sendable static func acknowledgeNothing(_ event: ClientEvent, _ client: RestanteClient) {}

    private func run() async {
        do { try await client.run() } catch { end.change { $0 = error } }
    }

    private func read() async {
        for await event in client.events {
            answer(event, client)
            events.change { $0.append(event) }
        }
    }

    /// Waits until all that was owed at connecting has come and is acknowledged.
    func untilDrained() async throws {
        try await events.first { $0.contains(.drained) ? () : nil }
    }

    /// Waits until this many messages have come and are acknowledged durably: their texts.
    func texts(_ count: Int) async throws -> [String] {
        try await events.first { events in
            let texts = events.texts
            return texts.count >= count && events.acknowledgesAll ? texts : nil
        }
    }

    /// Sends a text and waits for the answer.
    @discardableResult
    func send(_ text: String, to recipient: Recipient, id: MessageID? = nil) async throws -> SendAnswer {
        try await client.send(
            Submission(id: id ?? .fresh(), to: recipient, content: .payload(Array(text.utf8)), receipt: false))
    }
}

extension [ClientEvent] {
    var messages: [Message] {
        compactMap {
            if case .delivery(.message(let message), _) = $0, message.kind == .message { message } else { nil }
        }
    }

    var texts: [String] { messages.map { String(decoding: $0.payload, as: UTF8.self) } }

    /// Whether the last delivery of all is acknowledged durably.
    var acknowledgesAll: Bool {
        let last = last { if case .delivery = $0 { true } else { false } }
        guard case .delivery(_, let token) = last else { return true }
        return contains {
            if case .acknowledged(let through) = $0 {
                through.connection == token.connection && through.tag >= token.tag
            } else {
                false
            }
        }
    }
}

extension MessageID {
    static func fresh() -> MessageID { MessageID(at: Int64(Date().timeIntervalSince1970 * 1000)) }
}

extension Recipient {
    static func user(_ name: String) -> Recipient { .user(UserName(unchecked: name)) }
    static func group(_ name: String) -> Recipient { .group(GroupName(unchecked: name)) }
    static func device(_ user: String, _ device: String) -> Recipient {
        .device(DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: device)))
    }
}
