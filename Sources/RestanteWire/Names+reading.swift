import RestanteCore

func name<Checked: Name>(_ text: String, _ what: String) throws(Refusal) -> Checked {
    guard let name = Checked(rawValue: text) else {
        throw Refusal(.badName, "\(what) is 1 to \(Limits.nameBytes) bytes of UTF-8 without U+0000")
    }
    return name
}

func names(_ texts: [String]) throws(Refusal) -> [UserName] {
    var names: [UserName] = []
    for text in texts { names.append(try name(text, "user")) }
    return names
}

func messageID(_ bytes: some Collection<UInt8>) throws(Refusal) -> MessageID {
    guard let id = MessageID(bytes: bytes) else { throw Refusal(.badID, "message_id is 16 bytes, a UUIDv7") }
    return id
}
