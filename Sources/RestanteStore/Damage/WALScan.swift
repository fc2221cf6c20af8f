/// Goes through the frames of a write-ahead log in their order and says what SQLite would drop, and whether it may.
///
/// SQLite takes the frames up to the first bad one and drops the rest in silence. That is right for what a crash left of
/// one transaction. It is damage when a frame that holds stands beyond the next commit at or behind the bad one: with
/// `synchronous=FULL` that commit was synced, and with it the bad frame, before the later frame was written.
///
/// Each frame is checked by itself: its checksum goes on from the one that its predecessor's header says, or from what
/// that should have said. Frames of an earlier use of the file have other salts and prove nothing.
struct WALScan {
    private let header: WALHeader
    private let pagesInFile: UInt32
    /// Where the next frame's checksum goes on from: as stored in the predecessor, and as computed.
    private var stored: WALChecksum
    private var computed: WALChecksum

    private(set) var frames = 0
    private(set) var commits = 0
    /// Pages of the database after the last sound commit.
    private(set) var pages: UInt32 = 0
    /// The first frame that does not hold, counted from 1.
    private(set) var firstBad: Int?
    /// Commits that SQLite would drop, which had been synced.
    private(set) var lostCommits = 0
    /// Something of this use of the file stands behind the first bad frame.
    private(set) var hasTail = false

    private var hasCommitBehindBad = false
    private var isDamaged = false
    /// Pages that sound commits have, and those of the transaction at hand.
    private var held = PageSet()
    private var pending: [UInt32] = []

    init(_ header: WALHeader, pagesInFile: UInt32) {
        self.header = header
        self.pagesInFile = pagesInFile
        stored = header.checksum
        computed = header.checksum
    }

    /// Commits are missing from the middle.
    var findsDamage: Bool { isDamaged }

    /// The log and the file can be of one database. A commit that makes the file longer holds all that is new, and only
    /// `VACUUM` makes it shorter, whose commit holds all there is.
    var fitsFile: Bool {
        guard commits > 0, pages != pagesInFile else { return true }
        // Never written: the page of SQLite's lock bytes, which stands at the first gigabyte.
        let lockPage = UInt32(0x4000_0000 / header.pageSize + 1)
        let needed = pages > pagesInFile ? pagesInFile + 1...pages : 1...pages
        return needed.allSatisfy { held.contains($0) || $0 == lockPage }
    }

    /// Looks at the next frame: its header and its page.
    mutating func look(at bytes: UnsafeRawBufferPointer) {
        let frame = WALFrame(bytes)
        frames += 1
        let isOurs = frame.salts == header.salts
        // What an earlier use left need not be summed up.
        guard isOurs || firstBad == nil else {
            (stored, computed) = (frame.checksum, frame.checksum)
            return
        }
        let holds = holds(frame, bytes)
        if firstBad != nil {
            lookBehind(frame, holds: holds)
        } else if isOurs && holds && frame.page != 0 {
            take(frame)
        } else {
            firstBad = frames
            hasTail = isOurs
            hasCommitBehindBad = (isOurs || holds) && isCommit(frame, bytes, holds: holds)
        }
        stored = frame.checksum
    }

    private mutating func take(_ frame: WALFrame) {
        pending.append(frame.page)
        guard frame.commit != 0 else { return }
        commits += 1
        pages = frame.commit
        for page in pending { held.insert(page) }
        pending.removeAll(keepingCapacity: true)
    }

    private mutating func lookBehind(_ frame: WALFrame, holds: Bool) {
        hasTail = true
        if hasCommitBehindBad && holds {
            isDamaged = true
            if frame.commit != 0 { lostCommits += 1 }
        }
        if frame.commit != 0 { hasCommitBehindBad = true }
    }

    /// Whether the frame's checksum follows from its predecessor.
    private mutating func holds(_ frame: WALFrame, _ bytes: UnsafeRawBufferPointer) -> Bool {
        let other = computed
        computed = sum(bytes, from: stored)
        if computed == frame.checksum { return true }
        guard other != stored else { return false }
        let sum = sum(bytes, from: other)
        guard sum == frame.checksum else { return false }
        computed = sum
        return true
    }

    private func sum(_ bytes: UnsafeRawBufferPointer, from seed: WALChecksum) -> WALChecksum {
        let page = UnsafeRawBufferPointer(rebasing: bytes[WALFrame.headerSize...])
        return seed.adding(UnsafeRawBufferPointer(rebasing: bytes[..<8]), bigEndian: header.bigEndian)
            .adding(page, bigEndian: header.bigEndian)
    }

    /// A bad frame may be a commit whose mark is what was damaged.
    private func isCommit(_ frame: WALFrame, _ bytes: UnsafeRawBufferPointer, holds: Bool) -> Bool {
        guard frame.commit == 0, !holds, commits > 0 else { return frame.commit != 0 }
        return withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) { start in
            start.storeBytes(of: frame.page.bigEndian, as: UInt32.self)
            start.storeBytes(of: pages.bigEndian, toByteOffset: 4, as: UInt32.self)
            let page = UnsafeRawBufferPointer(rebasing: bytes[WALFrame.headerSize...])
            return stored.adding(UnsafeRawBufferPointer(start), bigEndian: header.bigEndian)
                .adding(page, bigEndian: header.bigEndian) == frame.checksum
        }
    }
}

/// Page numbers, a bit each.
private struct PageSet {
    private var words: [UInt64] = []

    mutating func insert(_ page: UInt32) {
        let word = Int(page / 64)
        if word >= words.count { words += repeatElement(0, count: word + 1 - words.count) }
        words[word] |= 1 << UInt64(page % 64)
    }

    func contains(_ page: UInt32) -> Bool {
        let word = Int(page / 64)
        return word < words.count && words[word] & 1 << UInt64(page % 64) != 0
    }
}
