import Foundation
import HTTPTypes
import Hummingbird
import Logging
import RestanteStore

/// `POST /v1/backup`: answers a line of JSON whenever there is news, and last what was made or why not.
///
/// Whoever closes the connection ends the backup.
struct BackupRoute: Sendable {
    let store: SQLiteStore
    let logger: Logger

    func answer(_ request: Request, _ context: BasicRequestContext) async throws -> Response {
        let bytes = try await request.body.collect(upTo: 64 << 10)
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let asked = try? decoder.decode(BackupRequestBody.self, from: Data(bytes.readableBytesView)) else {
            let line = BackupLineBody(exitCode: ExitStatus.usage.rawValue, "the body is {\"file\": \"/absolute/path\"}")
            return Response(status: .badRequest, headers: Self.headers, body: .init(byteBuffer: try Self.encoded(line)))
        }
        return Response(
            status: .ok, headers: Self.headers,
            body: ResponseBody { [store, logger] writer in
                logger.info("an operator began a backup")
                defer { logger.info("a backup ended") }
                try await Self.write(asked, store, to: &writer)
                try await writer.finish(nil)
            })
    }

    /// The last news alone waits when the reader is slow.
    @concurrent private static func write(
        _ asked: BackupRequestBody, _ store: SQLiteStore, to writer: inout any ResponseBodyWriter
    ) async throws {
        let (news, tell) = AsyncStream.makeStream(of: BackupProgress.self, bufferingPolicy: .bufferingNewest(1))
        async let outcome = outcome(asked, store, tell)
        var shownAt = ContinuousClock.now
        var phase: BackupProgress.Phase?
        for await progress in news where progress.phase != phase || ContinuousClock.now - shownAt > .milliseconds(100) {
            (phase, shownAt) = (progress.phase, ContinuousClock.now)
            try await writer.write(try encoded(BackupLineBody(progress)))
        }
        try await writer.write(try encoded(await outcome))
    }

    private static func outcome(
        _ asked: BackupRequestBody, _ store: SQLiteStore, _ tell: AsyncStream<BackupProgress>.Continuation
    ) async -> BackupLineBody {
        defer { tell.finish() }
        do {
            return BackupLineBody(
                try await store.backup(to: asked.file, keepDamaged: asked.keepDamaged ?? false) { tell.yield($0) })
        } catch let error as StoreError {
            return BackupLineBody(exitCode: error.exitCode, error.message)
        } catch {
            return BackupLineBody(exitCode: ExitStatus.inputOutput.rawValue, "the backup failed: \(error)")
        }
    }

    private static let headers: HTTPFields = [.contentType: "application/x-ndjson"]

    private static func encoded(_ line: BackupLineBody) throws -> ByteBuffer {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .convertToSnakeCase
        return ByteBuffer(bytes: try encoder.encode(line) + Data("\n".utf8))
    }
}
