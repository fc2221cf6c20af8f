package import FoundationEssentials
import JWTKit

/// A Google service account that may send for a Firebase project, as its JSON file has it.
///
/// Its description says the project alone (P6).
public struct ServiceAccount: Sendable {
    /// The id of the Firebase project: what ``RestanteCore/PushTarget/fcm(token:app:)`` calls the app.
    public let project: String
    let email: String
    let keyID: String
    let key: Insecure.RSA.PrivateKey
    /// Where access tokens come from.
    let tokenURL: String

    private struct File: Decodable {
        var type: String
        var projectID: String
        var privateKeyID: String
        var privateKey: String
        var clientEmail: String
        var tokenURI: String

        private enum CodingKeys: String, CodingKey {
            case type
            case projectID = "project_id"
            case privateKeyID = "private_key_id"
            case privateKey = "private_key"
            case clientEmail = "client_email"
            case tokenURI = "token_uri"
        }
    }

    /// Reads the file. Blocks for as long as the disk does.
    public init(file path: String) throws(PushError) {
        try self.init(json: CredentialFile.read(path), name: path)
    }

    /// - Parameter name: what an error calls it, a path, say.
    package init(json: Data, name: String) throws(PushError) {
        guard let file = try? JSONDecoder().decode(File.self, from: json), file.type == "service_account" else {
            throw PushError(
                "\(name) is no service account: take the JSON file from the Firebase console, Project settings, Service accounts"
            )
        }
        guard let key = try? Insecure.RSA.PrivateKey(pem: file.privateKey) else {
            throw PushError("the private_key in \(name) is no RSA key: take a new file from the Firebase console")
        }
        guard let url = URL(string: file.tokenURI), url.scheme == "https", url.host() != nil else {
            throw PushError("the token_uri in \(name) is no https URL: take a new file from the Firebase console")
        }
        guard Self.isGood(project: file.projectID) else {
            throw PushError("the project_id in \(name) is none: take a new file from the Firebase console")
        }
        for (field, text) in [("client_email", file.clientEmail), ("private_key_id", file.privateKeyID)]
        where text.isEmpty || !text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) {
            throw PushError("the \(field) in \(name) is none: take a new file from the Firebase console")
        }
        project = file.projectID
        email = file.clientEmail
        keyID = file.privateKeyID
        self.key = key
        tokenURL = file.tokenURI
    }

    /// Letters, digits and `-`; projects of companies have a domain before a colon, too.
    private static func isGood(project: String) -> Bool {
        (1...128).contains(project.utf8.count) && !project.contains("..")
            && project.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "-.:".contains($0)) }
    }
}

extension ServiceAccount: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "the service account of \(project)" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
