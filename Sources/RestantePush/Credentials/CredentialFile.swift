import FoundationEssentials
import Glibc

/// A file with a key or an account in it.
public enum CredentialFile {
    static func read(_ path: String) throws(PushError) -> Data {
        do {
            return try Data(contentsOf: URL(filePath: path))
        } catch {
            throw PushError("cannot read \(path): is it there, and may this user read it?")
        }
    }

    /// What an operator should hear of a key file that all users of the machine may read; nil of one that they may not.
    public static func warning(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o004 != 0 else { return nil }
        return
            "every user of this machine may read the push key \(path): run `chmod 600` on it, and have a new one made "
            + "if others use the machine"
    }
}
