import Foundation
import RestanteCore

/// Writes what is owed to standard output, a line each, for people or as JSON.
struct Printer {
    let json: Bool
    /// Opens what was sealed for the user that listens.
    var key: Keyring.PrivateKey?

    init(json: Bool) {
        self.json = json
    }

    /// Returns once the line is written: only then may it be acknowledged.
    func show(_ owed: Owed) throws {
        let line = json ? try object(owed) : Data(text(owed).utf8)
        do {
            try FileHandle.standardOutput.write(contentsOf: line + Data("\n".utf8))
        } catch {
            throw CommandFailure(.inputOutput, "cannot write to standard output; nothing more was acknowledged")
        }
    }

    // MARK: For people

    private func text(_ owed: Owed) -> String {
        switch owed {
        case .message(let message):
            "\(timeText(message.acceptedAt))  \(message.from.text) → \(message.conversation.text): \(body(message))"
        case .gap(let conversation, let count, let reason):
            "\(conversation.text): \(count) messages will not come (\(reason.name))"
        case .receipt(let conversation, let reader, let ids):
            "\(conversation.text): \(reader.rawValue.printable) has \(list(ids))"
        case .undelivered(let ids, let reason): "will not be delivered (\(reason.name)): \(list(ids))"
        }
    }

    private func list(_ ids: [MessageID]) -> String { ids.map(\.description).joined(separator: " ") }

    private func body(_ message: Message) -> String {
        guard message.kind == .message else { return String(decoding: message.payload, as: UTF8.self).printable }
        switch opened(message) {
        case .success(let text): return readable(text)
        case .failure(.notAnEnvelope): return readable(Data(message.payload))
        case .failure(.forSomeoneElse): return "(sealed for another key) \(Data(message.payload).base64EncodedString())"
        case .failure(.damaged): return "(cannot be opened) \(Data(message.payload).base64EncodedString())"
        }
    }

    private func readable(_ bytes: Data) -> String {
        String(validating: bytes, as: UTF8.self)?.printable ?? "(\(bytes.count) bytes) \(bytes.base64EncodedString())"
    }

    private func opened(_ message: Message) -> Result<Data, Envelope.Failure> {
        guard let key else { return .failure(.forSomeoneElse) }
        do throws(Envelope.Failure) {
            return .success(try Envelope.open(Data(message.payload), with: key))
        } catch {
            return .failure(error)
        }
    }

    // MARK: JSON

    private struct Line: Encodable {
        var type: String
        var conversation: String?
        var from: String?
        var messageID: String?
        var acceptedAt: Int64?
        var kind: String?
        var payload: Data?
        /// What the payload says, once opened, if it is text.
        var text: String?
        var count: Int64?
        var reason: String?
        var reader: String?
        var messageIDs: [String]?

        enum CodingKeys: String, CodingKey {
            case type, conversation, from, kind, payload, text, count, reason, reader
            case messageID = "message_id"
            case acceptedAt = "accepted_at"
            case messageIDs = "message_ids"
        }
    }

    private func object(_ owed: Owed) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return try encoder.encode(line(owed))
    }

    private func line(_ owed: Owed) -> Line {
        switch owed {
        case .message(let message): return line(message)
        case .gap(let conversation, let count, let reason):
            return Line(type: "gap", conversation: conversation.text, count: count, reason: reason.name)
        case .receipt(let conversation, let reader, let ids):
            return Line(
                type: "receipt", conversation: conversation.text, reader: reader.rawValue,
                messageIDs: ids.map(\.description))
        case .undelivered(let ids, let reason):
            return Line(type: "undelivered", reason: reason.name, messageIDs: ids.map(\.description))
        }
    }

    private func line(_ message: Message) -> Line {
        let bytes = (try? opened(message).get()) ?? Data(message.payload)
        return Line(
            type: "message", conversation: message.conversation.text, from: message.from.text,
            messageID: message.id.description, acceptedAt: message.acceptedAt, kind: "\(message.kind)",
            payload: Data(message.payload), text: String(validating: bytes, as: UTF8.self))
    }
}

extension Sender {
    var text: String {
        switch self {
        case .device(let address): address.description.printable
        case .service(let name): "service \(name.rawValue.printable)"
        }
    }
}

extension Conversation {
    var text: String {
        switch self {
        case .user(let name): name.rawValue.printable
        case .device(let address): address.description.printable
        case .group(let name): "group \(name.rawValue.printable)"
        }
    }
}

extension String {
    /// Without what would move the cursor or colour the terminal of whoever reads it.
    var printable: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { $0.endsLineOrSteers && $0 != "\t" ? "\u{FFFD}" : $0 }))
    }
}

extension Unicode.Scalar {
    fileprivate var endsLineOrSteers: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
