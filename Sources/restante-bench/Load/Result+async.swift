extension Swift.Result where Failure == any Error {
    /// What `body` returns or throws, so that things can be done before it is passed on.
    init(_ body: () async throws -> Success) async {
        do { self = .success(try await body()) } catch { self = .failure(error) }
    }
}
