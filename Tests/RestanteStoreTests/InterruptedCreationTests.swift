import Foundation
import Testing

@testable import RestanteStore

/// A kill while a new database is being made leaves a first page and the journal that takes it back.
@Suite struct InterruptedCreationTests {
    @Test(arguments: Opening.allCases)
    func aFileThatHadNoPageYetIsMadeAnew(_ opening: Opening) throws {
        let folder = try Folder()
        try leave(in: folder, pagesBefore: 0)
        try opening.open(folder.database)
        // The others look only, and leave the journal to whoever writes.
        guard [.store, .up].contains(opening) else { return }
        #expect(try folder.texts("PRAGMA page_size") == ["8192"])
        #expect(try folder.texts("PRAGMA integrity_check") == ["ok"])
        #expect(!folder.exists("test.db-journal"))
    }

    @Test(arguments: Opening.allCases)
    func aFileThatHadPagesIsLeftAsItWas(_ opening: Opening) throws {
        let folder = try Folder()
        try leave(in: folder, pagesBefore: 1)
        let before = try folder.bytes()
        #expect(throws: StoreError.self) { try opening.open(folder.database) }
        #expect(try folder.bytes() == before)
    }

    /// A page, and a journal without records whose header says how many pages there were before.
    private func leave(in folder: Folder, pagesBefore: UInt8) throws {
        try folder.write(Data(repeating: 0, count: 8192))
        var header: [UInt8] = [0xD9, 0xD5, 0x05, 0xF9, 0x20, 0xA1, 0x63, 0xD7]
        // Records, nonce, pages before, bytes of a sector, bytes of a page: each 32 bits, big endian.
        header += [0, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, pagesBefore, 0, 0, 2, 0, 0, 0, 32, 0]
        header += [UInt8](repeating: 0, count: 512 - header.count)
        try Data(header).write(to: URL(filePath: folder.path("test.db-journal")))
    }
}
