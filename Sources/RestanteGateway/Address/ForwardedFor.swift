import RestanteCore

/// Reads single entries of `X-Forwarded-For` and of `Forwarded` (RFC 7239 §4).
enum ForwardedFor {
    /// The address of an entry that may have a port: `192.0.2.1`, `192.0.2.1:80`, `2001:db8::1`, `[2001:db8::1]:80`.
    static func address(in entry: some StringProtocol) -> IPAddress? {
        let text = entry.trimmed
        if text.first == "[" {
            guard let end = text.firstIndex(of: "]"), isPort(text[text.index(after: end)...]) else { return nil }
            return IPAddress(droppingZone: text[..<end].dropFirst())
        }
        if let address = IPAddress(droppingZone: text) { return address }
        guard let colon = text.firstIndex(of: ":"), isPort(text[colon...]) else { return nil }
        return IPAddress(droppingZone: text[..<colon])
    }

    /// The address that an element names in its one `for` parameter; nil if it names none.
    static func address(inElement element: Substring) -> IPAddress? {
        let values = split(element, at: ";").compactMap { pair -> Substring? in
            let parts = pair.split(separator: "=", maxSplits: 1)
            guard parts.count == 2, parts[0].trimmed.lowercased() == "for" else { return nil }
            return parts[1].trimmed
        }
        guard values.count == 1, let value = values.first else { return nil }
        guard value.first == "\"" else { return address(in: value) }
        guard value.count >= 2, value.last == "\"" else { return nil }
        return address(in: value.dropFirst().dropLast())
    }

    /// The elements of the header: commas in quoted strings do not count.
    static func elements(of text: String) -> [Substring] { split(text[...], at: ",") }

    private static func split(_ text: Substring, at separator: Character) -> [Substring] {
        var isQuoted = false
        var isEscaped = false
        return text.split { character in
            defer { isEscaped = isQuoted && !isEscaped && character == "\\" }
            if character == "\"", !isEscaped { isQuoted.toggle() }
            return character == separator && !isQuoted
        }
    }

    private static func isPort(_ text: Substring) -> Bool {
        guard !text.isEmpty else { return true }
        return text.first == ":" && text.dropFirst().utf8.allSatisfy((UInt8(ascii: "0")...UInt8(ascii: "9")).contains)
            && UInt16(text.dropFirst()) != nil
    }
}

extension StringProtocol {
    /// Without the spaces and tabs around it (the optional whitespace of RFC 9110 §5.6.3).
    fileprivate var trimmed: Substring {
        let start = self.drop { $0 == " " || $0 == "\t" }
        guard let end = start.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return "" }
        return Substring(start[...end])
    }
}
