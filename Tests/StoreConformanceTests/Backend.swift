import Foundation
import RestanteCore
import RestanteStore
import Testing

/// A kind of store that the suite is run against. Another store is one more case here.
enum Backend: String, CaseIterable, CustomTestStringConvertible {
    case sqlite

    var testDescription: String { rawValue }

    /// A place for one store's data, which can be opened again after it was shut down.
    func makePlace() throws -> Place { try Place(self) }
}

/// Where a store under test keeps its data; removed with the value.
final class Place: Sendable {
    private let backend: Backend
    let directory: URL

    init(_ backend: Backend) throws {
        self.backend = backend
        directory = FileManager.default.temporaryDirectory.appending(path: "restante-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: directory) }

    func open(
        _ limits: Limits, clock: StoreClock, policies: Policies
    ) throws -> any MessageStore & SessionDirectory {
        switch backend {
        case .sqlite:
            var options = StoreOptions(limits: limits, clock: clock)
            options.policies = policies
            return try SQLiteStore.open(path: directory.appending(path: "test.db").path, options: options)
        }
    }
}
