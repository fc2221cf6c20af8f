import RestanteCore

extension StoreError {
    /// The tables contradict each other or themselves; names may be said, payloads never.
    static func damaged(_ what: String) -> StoreError {
        StoreError(
            .damaged,
            "the database is damaged: \(what). Stop the server, see with `restante check FILE --full` what else is, and "
                + "restore a backup: docs/OPERATIONS.md, \"When a file is damaged\".")
    }

    /// Nil: the error is of another kind.
    init?(damageFoundBy error: any Error) {
        guard let error = error as? SQLiteError, error.isDamage else { return nil }
        self = .damaged("\(error)")
    }
}

extension Conversation {
    /// As the messages for operators name it.
    var text: String {
        switch self {
        case .user(let user): "user \(user)"
        case .device(let address): "device \(address)"
        case .group(let group): "group \(group)"
        }
    }
}
