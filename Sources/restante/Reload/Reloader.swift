import Logging
import RestanteGateway

/// Reads again what can change while the server runs: the certificate and its key, and the key set for tokens.
///
/// One reload after the other, so that the one that was asked for last is the one that counts. The two do not depend on
/// each other: a certificate that cannot be read must not keep a key in use that was taken out of the set.
actor Reloader {
    private let settings: ServeSettings
    private let gateway: Gateway
    private let logger: Logger
    private var last: Task<ReloadReport, Never>?

    init(_ settings: ServeSettings, gateway: Gateway, logger: Logger) {
        self.settings = settings
        self.gateway = gateway
        self.logger = logger
    }

    /// Reads all of it. What cannot be served is left as it was, and the report says why.
    func reload() async -> ReloadReport {
        let before = last
        let this = Task {
            _ = await before?.value
            return await self.readAgain()
        }
        last = this
        return await this.value
    }

    private func readAgain() async -> ReloadReport {
        var report = ReloadReport()
        do {
            let keys = try await settings.loadKeys()
            gateway.use(keys)
            report.reloaded.append("keys (\(keys.count))")
            for warning in keys.warnings { logger.warning("\(warning)") }
        } catch {
            report.failed.append(error.message)
        }
        if let tls = settings.gateway.tls {
            do {
                try tls.reload()
                report.reloaded.append("certificate (good until \(tls.expiry))")
                for warning in tls.warnings { logger.warning("\(warning)") }
            } catch {
                report.failed.append(error.message)
            }
        }
        tell(report)
        return report
    }

    private func tell(_ report: ReloadReport) {
        for failure in report.failed {
            logger.error("a reload failed, and what was in use stays in use", metadata: ["reason": "\(failure)"])
        }
        if report.failed.isEmpty {
            logger.info("reloaded", metadata: ["what": "\(report.reloaded.joined(separator: ", "))"])
        }
    }
}

/// What became of a reload, for the operator who asked.
struct ReloadReport: Codable, Sendable {
    var reloaded: [String] = []
    /// Sentences that say what to do.
    var failed: [String] = []
}

extension ServeSettings {
    /// The key set that tokens are verified with: the file that is set, or the embedded one, which must be there.
    func loadKeys() async throws(GatewayError) -> KeySet {
        if let keys { return try await KeySet.load(file: keys, algorithms: tokenAlgorithms) }
        return try await KeyFile.open(at: keyFile, algorithms: tokenAlgorithms)
    }
}
