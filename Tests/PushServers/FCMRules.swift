package import CryptoExtras
package import Foundation
import NIOConcurrencyHelpers
package import RestantePush

/// What Google's two servers check: the one that hands out access tokens, and the one that sends.
package final class FCMRules: Sendable {
    package static let project = "example-project"
    package static let email = "sender@example-project.iam.gserviceaccount.com"

    /// Made once: it takes a second.
    package static let key: _RSA.Signing.PrivateKey = {
        guard let key = try? _RSA.Signing.PrivateKey(keySize: .bits2048) else { preconditionFailure("no RSA key") }
        return key
    }()

    private let clock: any PushClock
    private let origin = NIOLockedValueBox("")
    private let given = NIOLockedValueBox<[String: Int64]>([:])

    package init(clock: any PushClock) { self.clock = clock }

    package func account(tokenURL: String) throws -> ServiceAccount {
        try ServiceAccount(json: accountFile(tokenURL: tokenURL), name: "account.json")
    }

    /// As the Firebase console has it.
    package func accountFile(tokenURL: String) throws -> Data {
        origin.withLockedValue { $0 = tokenURL }
        let file: [String: String] = [
            "type": "service_account", "project_id": Self.project, "private_key_id": "key-1",
            "private_key": Self.key.pkcs8PEMRepresentation, "client_email": Self.email, "token_uri": tokenURL,
        ]
        return try JSONEncoder().encode(file)
    }

    /// How many access tokens were handed out.
    package var count: Int { given.withLockedValue { $0.count } }

    package func revokeAll() { given.withLockedValue { tokens in for token in tokens.keys { tokens[token] = 0 } } }

    package func reply(_ request: ReceivedRequest, lifetime: Int64 = 3600) throws -> ServerReply {
        try request.path == "/token" ? token(request, lifetime) : message(request)
    }

    private func token(_ request: ReceivedRequest, _ lifetime: Int64) throws -> ServerReply {
        let refusal = ServerReply.answer(400, [], #"{"error":"invalid_grant"}"#)
        let form = URLComponents(string: "?" + String(decoding: request.body, as: UTF8.self))?.queryItems ?? []
        let fields = Dictionary(form.map { ($0.name, $0.value ?? "") }) { $1 }
        guard request["content-type"] == "application/x-www-form-urlencoded",
            fields["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer",
            let assertion = SignedToken(fields["assertion"] ?? ""), assertion.header["alg"] as? String == "RS256",
            assertion.header["kid"] as? String == "key-1",
            Self.key.publicKey.isValidSignature(
                .init(rawRepresentation: assertion.signature), for: assertion.signed, padding: .insecurePKCS1v1_5)
        else { return refusal }
        let now = clock.wall / 1000
        guard assertion.claims["iss"] as? String == Self.email,
            assertion.claims["aud"] as? String == origin.withLockedValue({ $0 }),
            assertion.claims["scope"] as? String == "https://www.googleapis.com/auth/firebase.messaging",
            let issued = assertion[seconds: "iat"], let end = assertion[seconds: "exp"], issued <= now, end > now,
            end - issued <= 3600
        else { return refusal }
        let value = given.withLockedValue { tokens in
            let value = "access-\(tokens.count)"
            tokens[value] = now + lifetime
            return value
        }
        return .answer(200, [], #"{"access_token":"\#(value)","expires_in":\#(lifetime),"token_type":"Bearer"}"#)
    }

    package static func refusal(_ status: Int, _ code: String, headers: [(String, String)] = []) -> ServerReply {
        let type = "type.googleapis.com/google.firebase.fcm.v1.FcmError"
        return .answer(
            status, headers,
            #"{"error":{"code":\#(status),"message":"no","details":["#
                + #"{"@type":"x"},{"@type":"\#(type)","errorCode":"\#(code)"}]}}"#
        )
    }

    private func message(_ request: ReceivedRequest) throws -> ServerReply {
        guard request.path == "/v1/projects/\(Self.project)/messages:send", request.method == "POST" else {
            return .answer(404)
        }
        let bearer = request["authorization"]?.dropFirst("Bearer ".count)
        guard let bearer, let end = given.withLockedValue({ $0[String(bearer)] }), end > clock.wall / 1000 else {
            return .answer(401, [], #"{"error":{"code":401,"status":"UNAUTHENTICATED"}}"#)
        }
        guard let body = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any],
            let message = body["message"] as? [String: Any], message["token"] is String,
            let data = message["data"] as? [String: String], isGood(data),
            let android = message["android"] as? [String: String], ["HIGH", "NORMAL"].contains(android["priority"]),
            let ttl = android["ttl"], ttl.hasSuffix("s"), (0...2_419_200).contains(Int(ttl.dropLast()) ?? -1)
        else { return Self.refusal(400, "INVALID_ARGUMENT") }
        return .answer(200, [], #"{"name":"projects/\#(Self.project)/messages/1"}"#)
    }

    /// Names that are not reserved, 4,096 bytes of them and their values at most
    /// (https://firebase.google.com/docs/cloud-messaging/customize-messages/set-message-type).
    private func isGood(_ data: [String: String]) -> Bool {
        data.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count } <= 4096
            && data.keys.allSatisfy { name in
                name != "from" && name != "message_type" && !name.hasPrefix("google.") && !name.hasPrefix("gcm.")
            }
    }
}
