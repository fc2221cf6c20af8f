import FaultKit
import Foundation

/// One thing that is done to a copy.
struct DamageCase {
    enum Harm {
        case flip(offset: Int, bit: UInt8)
        case cut(length: Int)
        /// Another store's WAL in place of its own.
        case foreignWAL
    }

    let state: DamageFixture.State
    let isWAL: Bool
    let harm: Harm

    /// - Parameter table: a table or index in whose pages a bit is flipped, in the file alone; nil: anything anywhere.
    init(_ number: Int, seed: UInt64, fixture: DamageFixture, owners: PageOwners, table: String?) throws {
        var random = SeededNumbers(seed: seed ^ UInt64(number) &* 0x2545_F491_4F6C_DD1D)
        if let table {
            state = Bool.random(using: &random) ? .stopped : .killed
            isWAL = false
            guard let offset = owners.place(state, in: table, &random) else {
                throw BrokenPromise("the database has no table or index \(table)")
            }
            harm = .flip(offset: offset, bit: UInt8.random(in: 0..<8, using: &random))
            return
        }
        let kind = Int.random(in: 0..<100, using: &random)
        state = kind < 35 ? .stopped : .killed
        isWAL = kind >= 60 && kind < 97
        let path = fixture.database(state) + (isWAL ? "-wal" : "")
        let size = (try FileManager.default.attributesOfItem(atPath: path)[.size] as? Int) ?? 0
        if kind == 99 {
            harm = .foreignWAL
        } else if Int.random(in: 0..<20, using: &random) == 0 {
            harm = .cut(length: Int.random(in: 0..<size, using: &random))
        } else {
            // Most pages are messages': every other flip is in a table or index that is drawn first.
            let isDrawn = !isWAL && Bool.random(using: &random)
            let offset = isDrawn ? owners.place(state, &random) : nil
            harm = .flip(
                offset: offset ?? Int.random(in: 0..<size, using: &random),
                bit: UInt8.random(in: 0..<8, using: &random))
        }
    }

    /// Makes the damaged copy.
    func apply(_ fixture: DamageFixture, to path: String) throws {
        let files = FileManager.default
        for suffix in ["", "-wal", "-shm", ".lock"] { try? files.removeItem(atPath: path + suffix) }
        try files.copyItem(atPath: fixture.database(state), toPath: path)
        if state == .killed {
            let wal = if case .foreignWAL = harm { fixture.foreign } else { fixture.database(.killed) }
            try files.copyItem(atPath: wal + "-wal", toPath: path + "-wal")
        }
        let handle = try FileHandle(forUpdating: URL(filePath: path + (isWAL ? "-wal" : "")))
        defer { try? handle.close() }
        switch harm {
        case .flip(let offset, let bit):
            try handle.seek(toOffset: UInt64(offset))
            guard let byte = try handle.read(upToCount: 1)?.first else { return }
            try handle.seek(toOffset: UInt64(offset))
            try handle.write(contentsOf: Data([byte ^ 1 << bit]))
        case .cut(let length): try handle.truncate(atOffset: UInt64(length))
        case .foreignWAL: break
        }
    }

    /// - Parameter owner: whose page of the database it is.
    func place(_ owners: PageOwners) -> String {
        let what =
            switch harm {
            case .flip: "flip in"
            case .cut: "cut of"
            case .foreignWAL: "foreign"
            }
        guard !isWAL, case .flip(let offset, _) = harm else {
            return "\(what) \(isWAL ? "WAL" : harm.isForeign ? "WAL" : "database"), \(state.rawValue)"
        }
        return "\(what) \(owners.owner(state, offset)), \(state.rawValue)"
    }

    /// What the docs say cannot be told: a flip in the last commit of the WAL is what a torn write looks like, and what was
    /// cut off a WAL leaves no trace.
    func cannotBeTold(lastCommitAt: Int) -> Bool {
        guard isWAL else { return false }
        switch harm {
        case .flip(let offset, _): return offset >= lastCommitAt
        case .cut: return true
        case .foreignWAL: return false
        }
    }
}

extension DamageCase.Harm {
    fileprivate var isForeign: Bool { if case .foreignWAL = self { true } else { false } }
}
