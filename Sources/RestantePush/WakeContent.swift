import FoundationEssentials
import RestanteCore

extension Wake {
    /// What the app is told, where it is the app that is told: that mail waits, and what it is to show, if there is
    /// something. A text of ``PushDisplay/mostBytes`` makes 1,600 bytes of JSON at most, and providers take 4,096.
    var content: [String: String] {
        var content = ["restante": "mail"]
        if let text { content["text"] = text }
        return content
    }
}

/// JSON as providers get it: always the same for the same.
enum PushJSON {
    static func bytes(_ value: some Encodable) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(value) else { preconditionFailure("texts and numbers can be encoded") }
        return Array(data)
    }
}
