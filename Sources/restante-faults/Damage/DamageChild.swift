import Foundation
import RestanteCore
import RestanteStore

/// Runs cases one after the other and writes a line for each to standard output.
struct DamageChild {
    /// Seconds after which a case hangs.
    private static let limit: UInt32 = 30

    let fixture: DamageFixture
    let seed: UInt64
    let table: String?

    func run(_ cases: Range<Int>) async throws {
        let folder = "\(fixture.folder)/child"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let owners = try PageOwners(fixture, scratch: "\(folder)/pages.db")
        var sound: [DamageFixture.State: DrainedStore] = [:]
        var all: [DrainedStore] = []
        let files: [(DamageFixture.State?, [String])] = [(nil, [""]), (.stopped, [""]), (.killed, ["", "-wal"])]
        for (state, suffixes) in files {
            let path = "\(folder)/sound-\(state?.rawValue ?? "early")-\(cases.lowerBound).db"
            for suffix in suffixes {
                try FileManager.default.copyItem(
                    atPath: fixture.database(state ?? .killed) + suffix, toPath: path + suffix)
            }
            let drained = try await DrainedStore.drain(path)
            all.append(drained)
            if let state { sound[state] = drained }
        }
        let truth = try fixture.truth(all)
        for number in cases {
            alarm(Self.limit)
            let harm = try DamageCase(number, seed: seed, fixture: fixture, owners: owners, table: table)
            let path = "\(folder)/case.db"
            try harm.apply(fixture, to: path)
            let verdict: DamageVerdict
            do {
                let found = try await DrainedStore.drain(path)
                verdict = judge(found, sound[harm.state] ?? DrainedStore(), truth, harm, owners)
            } catch {
                verdict = judge(error, harm, owners)
            }
            FileHandle.standardOutput.write(Data((verdict.line(number) + "\n").utf8))
        }
    }

    /// The start was refused, or the store ended.
    private func judge(_ error: any Error, _ harm: DamageCase, _ owners: PageOwners) -> DamageVerdict {
        let place = harm.place(owners)
        guard let error = error as? StoreError else {
            let text = "\(error)"
            let isClear = text.contains("is damaged") && text.contains("estore a backup")
            return DamageVerdict(kind: isClear ? .stopped : .unclear, place: place, detail: text)
        }
        let names = ["estore a backup", "Name another file", "Run the newer Restante", "Run the Restante that wrote"]
        let isClear = error.code != .inputOutput && names.contains { error.message.contains($0) }
        return DamageVerdict(kind: isClear ? .refused : .unclear, place: place, detail: error.message)
    }

    private func judge(
        _ found: DrainedStore, _ sound: DrainedStore, _ truth: [String: String], _ harm: DamageCase,
        _ owners: PageOwners
    ) -> DamageVerdict {
        var kind = DamageVerdict.Kind.harmless
        var details: [String] = []
        for device in DamageFixture.devices {
            let (has, owed) = (found.devices[device] ?? Drained(), sound.devices[device] ?? Drained())
            let verdict = has.compared(with: owed, truth, of: device)
            if verdict == .harmless { continue }
            details.append("\(device): \(verdict.rawValue) \(has.difference(from: owed))")
            if verdict.rank > kind.rank { kind = verdict }
        }
        if kind == .silent || kind == .repeated, harm.cannotBeTold(lastCommitAt: owners.lastCommitAt) {
            kind = .known
        }
        return DamageVerdict(kind: kind, place: harm.place(owners), detail: details.joined(separator: "; "))
    }
}

extension DamageVerdict.Kind {
    /// The worst of several counts.
    var rank: Int { Self.order.firstIndex(of: self) ?? 0 }
    private static let order: [DamageVerdict.Kind] = [.harmless, .overtold, .gap, .device, .repeated, .silent, .wrong]
}
