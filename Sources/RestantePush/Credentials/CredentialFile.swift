import FoundationEssentials

/// A file with a key or an account in it.
enum CredentialFile {
    static func read(_ path: String) throws(PushError) -> Data {
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw PushError("cannot read \(path): is it there, and may this user read it?")
        }
    }
}
