import RestanteCore

/// A connected device: what it was given, and up to where it said so.
struct Phone {
    let session: SessionID
    /// By tag - 1; nil: not a message.
    private(set) var given: [MessageID?] = []
    private(set) var askedThrough: UInt64 = 0
    private var toldThrough: UInt64 = 0
    var isBehind = true

    init(session: SessionID) {
        self.session = session
    }

    var lastTag: UInt64 { UInt64(given.count) }

    /// False: tags are not 1, 2, 3 ….
    mutating func take(_ tag: UInt64, _ id: MessageID?) -> Bool {
        given.append(id)
        return tag == UInt64(given.count)
    }

    /// What an acknowledgement through this tag is about.
    mutating func asks(through tag: UInt64) -> [MessageID] {
        defer { askedThrough = max(askedThrough, tag) }
        return tag > askedThrough ? given[Int(askedThrough)..<Int(tag)].compactMap { $0 } : []
    }

    mutating func forgotten(through tag: UInt64) -> [MessageID] {
        defer { toldThrough = max(toldThrough, tag) }
        return tag > toldThrough ? given[Int(toldThrough)..<Int(tag)].compactMap { $0 } : []
    }
}
