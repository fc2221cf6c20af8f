import CSQLite

/// A prepared statement. Belongs to its connection's thread.
final class Statement {
    let handle: OpaquePointer
    let sql: String

    init(_ handle: OpaquePointer, sql: String) {
        self.handle = handle
        self.sql = sql
    }

    func finalize() { sqlite3_finalize(handle) }

    /// Binds values to `?1`, `?2` … in order.
    @inline(__always)
    func bind<each Value: Bindable>(_ values: repeat each Value) {
        var index: Int32 = 1
        for value in repeat each values {
            value.bind(to: handle, at: index)
            index += 1
        }
    }

    /// Binds bytes that the caller keeps in place until the statement is reset: nothing is copied.
    @inline(__always)
    func bind(staying bytes: UnsafeRawBufferPointer, at index: Int32) {
        // An empty buffer may have no address, and SQLite takes a null pointer for NULL.
        guard let start = bytes.baseAddress, !bytes.isEmpty else {
            sqlite3_bind_zeroblob(handle, index, 0)
            return
        }
        sqlite3_bind_blob64(handle, index, start, UInt64(bytes.count), nil)
    }

    /// True: there is a row. False: done.
    @inline(__always)
    func step() throws(SQLiteError) -> Bool {
        let code = sqlite3_step(handle)
        if code == SQLITE_ROW { return true }
        if code == SQLITE_DONE { return false }
        let connection = sqlite3_db_handle(handle)
        throw SQLiteError(code: code, message: String(cString: sqlite3_errmsg(connection)), sql: sql)
    }

    @inline(__always)
    func reset() { sqlite3_reset(handle) }

    /// Binds, runs to the end, resets.
    @inline(__always)
    func run<each Value: Bindable>(_ values: repeat each Value) throws(SQLiteError) {
        bind(repeat each values)
        try finish()
    }

    /// Runs to the end what has been bound, and resets.
    @inline(__always)
    func finish() throws(SQLiteError) {
        defer { reset() }
        while try step() {}
    }

    @inline(__always)
    func int(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    /// A running total: within bounds that sums of it keep, whatever a flipped bit has made of it.
    func total(_ column: Int32) -> Int64 { min(max(int(column), 0), 1 << 60) }

    func optionalInt(_ column: Int32) -> Int64? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : int(column)
    }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }

    func optionalText(_ column: Int32) -> String? {
        sqlite3_column_type(handle, column) == SQLITE_NULL ? nil : text(column)
    }

    func bytes(_ column: Int32) -> [UInt8] {
        withBytes(column) { bytes in
            // `[UInt8](bytes)` goes by way of a generic that is not specialised.
            [UInt8](unsafeUninitializedCapacity: bytes.count) { room, count in
                UnsafeMutableRawBufferPointer(room).copyMemory(from: bytes)
                count = bytes.count
            }
        }
    }

    /// Lends the bytes of a column, which stay until the next step.
    @inline(__always)
    func withBytes<Result>(_ column: Int32, _ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        let start = sqlite3_column_blob(handle, column)
        return body(UnsafeRawBufferPointer(start: start, count: Int(sqlite3_column_bytes(handle, column))))
    }
}

/// A value that SQLite can hold.
protocol Bindable {
    func bind(to statement: OpaquePointer, at index: Int32)
}

/// Tells SQLite to copy (`SQLITE_TRANSIENT`, a macro that Swift does not import).
private let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

extension Int64: Bindable {
    @inline(__always)
    func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, self) }
}

extension Int: Bindable {
    @inline(__always)
    func bind(to statement: OpaquePointer, at index: Int32) { sqlite3_bind_int64(statement, index, Int64(self)) }
}

extension String: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) {
        var text = self
        text.withUTF8 { bytes in
            _ = bytes.withMemoryRebound(to: CChar.self) {
                sqlite3_bind_text(statement, index, $0.baseAddress, Int32($0.count), copied)
            }
        }
    }
}

extension [UInt8]: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) {
        withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress, !bytes.isEmpty else {
                sqlite3_bind_zeroblob(statement, index, 0)
                return
            }
            sqlite3_bind_blob64(statement, index, start, UInt64(bytes.count), copied)
        }
    }
}

extension Optional: Bindable where Wrapped: Bindable {
    func bind(to statement: OpaquePointer, at index: Int32) {
        if let self { self.bind(to: statement, at: index) } else { sqlite3_bind_null(statement, index) }
    }
}
