import CoreMetrics
import RestanteCore
import RestanteMetrics

/// What the store says of its own work, as metrics: `docs/METRICS.md`. Used on the store's thread.
final class StoreMetrics: Sendable {
    private let batch: Recorder
    private let commit: Recorder
    private let sync: Recorder
    private let pauses: [Recorder]
    private let accepted: Counter
    private let duplicates: Counter
    private let relayed: Counter
    private let rejected: Counter
    private let acknowledged: Counter
    private let receipts: Counter
    private let wokenAndCame: [PushProvider: Counter]
    private let expired: Counter
    private let lost: [Counter]
    private let infos: Counter
    private let warnings: Counter
    private let gauges: StoreGauges

    init(_ factory: any MetricsFactory) {
        batch = Recorder(.batchCommands, factory)
        commit = Recorder(.commitSeconds, factory)
        sync = Recorder(.syncSeconds, factory)
        pauses = StoreChore.allCases.map { Recorder(.pauses, factory, ["chore": $0.rawValue]) }
        accepted = Counter(.sends, factory, ["outcome": "accepted"])
        duplicates = Counter(.sends, factory, ["outcome": "duplicate"])
        relayed = Counter(.sends, factory, ["outcome": "relayed"])
        rejected = Counter(.sends, factory, ["outcome": "rejected"])
        acknowledged = Counter(.acknowledged, factory)
        receipts = Counter(.receipts, factory)
        wokenAndCame = Dictionary(
            uniqueKeysWithValues: PushProvider.allCases.map {
                ($0, Counter(.wokenAndCame, factory, ["provider": $0.name]))
            })
        expired = Counter(.expired, factory)
        lost = LossReason.allCases.map { Counter(.lost, factory, ["reason": $0.name]) }
        infos = Counter(.notices, factory, ["level": "info"])
        warnings = Counter(.notices, factory, ["level": "warning"])
        gauges = StoreGauges(factory)
    }

    func take(_ measure: StoreMeasure) {
        switch measure {
        case .commit(let commands, let nanoseconds, let sync):
            batch.record(commands)
            commit.record(seconds(nanoseconds))
            self.sync.record(seconds(sync))
        case .pause(let chore, let nanoseconds):
            guard let index = StoreChore.allCases.firstIndex(of: chore) else { return }
            pauses[index].record(seconds(nanoseconds))
        case .counts(let counts): add(counts)
        case .sample(let sample): gauges.set(sample)
        }
    }

    func noticed(_ level: StoreNotice.Level) { (level == .warning ? warnings : infos).increment() }

    private func add(_ counts: StoreCounts) {
        accepted.increment(by: counts.accepted)
        duplicates.increment(by: counts.duplicates)
        relayed.increment(by: counts.relayed)
        rejected.increment(by: counts.rejected)
        acknowledged.increment(by: counts.acknowledged)
        receipts.increment(by: counts.receipts)
        for (provider, count) in counts.wokenAndCame { wokenAndCame[provider]?.increment(by: count) }
        expired.increment(by: counts.expired)
        for (counter, count) in zip(lost, counts.lost) where count > 0 { counter.increment(by: count) }
    }
}

/// How the store stands.
private struct StoreGauges: Sendable {
    private let oldest: Meter
    private let wal: Meter
    private let database: Meter
    private let reserve: Meter
    private let disk: Meter
    private let limit: Meter
    private let walCap: Meter
    private let sweepLogs: Meter
    private let sweepLag: Meter
    private let clock: Meter
    private let sampledAt: Meter

    init(_ factory: any MetricsFactory) {
        oldest = Meter(.oldest, factory)
        wal = Meter(.walBytes, factory)
        database = Meter(.databaseBytes, factory)
        reserve = Meter(.reserveMissing, factory)
        disk = Meter(.refusing, factory, ["because": "disk"])
        limit = Meter(.refusing, factory, ["because": "limit"])
        walCap = Meter(.refusing, factory, ["because": "wal"])
        sweepLogs = Meter(.sweepLogs, factory)
        sweepLag = Meter(.sweepLag, factory)
        clock = Meter(.clockHeld, factory)
        sampledAt = Meter(.sampledAt, factory)
    }

    func set(_ sample: StoreSample) {
        oldest.set(Double(sample.oldestMilliseconds) / 1000)
        wal.set(sample.walBytes)
        database.set(sample.databaseBytes)
        reserve.set(sample.reserveMissing)
        disk.set(sample.refusesForDisk ? 1 : 0)
        limit.set(sample.refusesForLimit ? 1 : 0)
        walCap.set(sample.refusesForWAL ? 1 : 0)
        sweepLogs.set(sample.sweepLogs)
        sweepLag.set(seconds(sample.sweepLagNanoseconds))
        clock.set(sample.isClockHeld ? 1 : 0)
        sampledAt.set(WallClock.seconds())
    }
}

private func seconds(_ nanoseconds: UInt64) -> Double { Double(nanoseconds) / 1e9 }
