import RestanteCore

/// What the table `owed` hides of a log's end is found, and it is made anew from the messages.
extension Engine {
    /// Where a log ends, by the index, or by what is known besides if that is further.
    func lookUpHead(of log: LogKey) throws -> LogMark {
        let saved = try connection.first(
            "SELECT swept_through, swept_count, swept_bytes, head_seq FROM logs WHERE log_id = ?1", log
        ) { (swept: LogMark(seq: $0.int(0), count: $0.total(1), bytes: $0.total(2)), head: $0.int(3)) }
        let swept = saved?.swept ?? .start
        let visible = try lastMessage(of: log) ?? swept
        guard let saved, saved.head > max(visible.seq, swept.seq), let hidden = try provenHead(saved.head, of: log)
        else {
            return visible
        }
        if !hasRebuiltIndex {
            try rebuildIndex(hiding: hidden)
            let mended = try lastMessage(of: log) ?? swept
            if mended.seq >= hidden.seq { return mended }
        }
        // Counted from there, its readers are told of a gap.
        return hidden.mark
    }

    /// The message at which the log is known to end, if neither index nor sweep has come to it: with the entries of a log
    /// `logs.head_seq` was written, since `owed` has no checksum. What is said of the end may be what is damaged: only a
    /// sound row of this log proves it.
    private func provenHead(_ seq: Position, of log: LogKey) throws -> MessageRow? {
        guard let (row, isSound) = try message(seq), isSound, row.log == log else { return nil }
        return row
    }

    /// In the transaction at hand. It takes as long as to read the table: once in the life of a process.
    private func rebuildIndex(hiding row: MessageRow) throws {
        hasRebuiltIndex = true
        try checkPages(of: "owed")
        try index.rebuild(at: positions.head)
        heads.removeAll()
        latestHead = nil
        floors.removeAll()
        sweeper.note(row.log)
        notices.append(
            StoreNotice(
                .warning,
                "the index of messages was damaged and hid the last ones of \(try directory.conversation(of: row.log).text);"
                    + " it has been rebuilt from the messages, and none of these is lost. Something changes what is on"
                    + " the disk: look at the disk, make a backup elsewhere, and see with `restante check FILE --full`"
                    + " what else is damaged"))
    }

    /// Rebuilding frees every page that the index reaches: none of them may be another's, as it is when the flipped bit
    /// is of a page's number. (The table `messages` has pages of another kind, which SQLite tells apart.)
    private func checkPages(of index: String) throws {
        let pagesSQL = "SELECT pageno FROM dbstat WHERE name = ?1"
        var pages: Set<Int64> = []
        for page in try connection.all(pagesSQL, index, row: { $0.int(0) }) where !pages.insert(page).inserted {
            throw StoreError.damaged("the index \(index) hides messages, and holds page \(page) twice")
        }
        let others = try connection.all(
            "SELECT name FROM sqlite_schema WHERE rootpage > 0 AND name NOT IN ('messages', ?1)", index
        ) { $0.text(0) }
        for other in others {
            let shared = try connection.all(pagesSQL, other, row: { $0.int(0) }).first(where: pages.contains)
            guard let shared else { continue }
            throw StoreError.damaged("the index \(index) hides messages, and holds page \(shared) of \(other)")
        }
    }
}
