import Foundation
import RestanteClient
import RestanteCore
import RestanteGateway
import Testing

/// What can happen to a server, with everything secret that it was given, and everything that it answered to those whom the
/// secret does not belong to.
struct SecretLife {
    private let server: ServerProcess
    private(set) var secrets: [Secret] = []
    /// No secrets of whoever sent them, who is answered with them, but nothing for a log.
    private(set) var messageIDs: [Secret] = []
    private(set) var answers = ""

    init(_ server: ServerProcess) { self.server = server }

    private mutating func keep(_ name: String, _ text: String) -> String {
        secrets.append(Secret(name, text))
        return text
    }

    private mutating func keepToken(_ name: String, _ token: String) -> String {
        // The header is no secret: it is the same for all.
        for (index, part) in token.split(separator: ".").dropFirst().enumerated() {
            secrets.append(Secret("\(name), part \(index + 1)", String(part)))
        }
        return token
    }

    private mutating func token(of user: String, _ device: String) async throws -> String {
        let address = DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: device))
        return keepToken("token of \(user)", try await server.mint().mint(address, lifetime: 3600))
    }

    /// Mail that arrives, to a user and a group, and some that is refused.
    mutating func sendAndReceive() async throws {
        let key = try JSONDecoder().decode(KeyList.self, from: server.home.bytes("mail.db.key")).keys[0].k
        secrets.append(Secret("key as it is written", key))
        secrets.append(Secret("key", Base64URL.decode(key.utf8) ?? Data()))
        let alice = try await token(of: "alice", "laptop")
        let bob = try await token(of: "bob", "phone")
        _ = try await server.restante("listen", "--once", environment: ["RESTANTE_TOKEN": bob])
        let send = { (server: ServerProcess, arguments: [String]) in
            try await Command.run(
                Products.restante, ["send"] + arguments, in: server.home,
                environment: ["RESTANTE_URL": server.url, "RESTANTE_TOKEN": alice])
        }
        _ = try await send(server, ["--plain", "--to", "bob", keep("payload to a user", "the old mill at eight")])
        _ = try await send(server, ["--plain", "--to", "nobody", keep("refused payload", "nobody will have this")])
        _ = try await send(
            server,
            [
                "--plain", "--to", "bob",
                keep("payload that is too large", String(repeating: "far too long ", count: 300)),
            ])
        _ = try await server.restante(
            "group", "create", "friends", "bob", environment: ["RESTANTE_TOKEN": alice])
        _ = try await send(
            server, ["--plain", "--group", "friends", keep("payload to a group", "all of us at the quarry")])
        _ = try await server.restante("listen", "--once", environment: ["RESTANTE_TOKEN": bob])
    }

    mutating func useBadTokens() async throws {
        let good = try await token(of: "carol", "watch")
        let forged = keepToken("forged token", good.dropLast(12) + "AAAAforgedAA")
        let strange = keep("what is no token", "not-a-token-but-my-password")
        for text in [forged, strange] {
            _ = try await server.restante("listen", "--once", environment: ["RESTANTE_TOKEN": text])
            answers += try await curl(
                "-i", "-H", "Authorization: Bearer \(text)", server.http("/v1/messages"), "-d", "x")
            answers += try await curl("-i", server.http("/v1/connect?token=\(text)"))
            answers += try await curl(
                "-i", "-H", "Connection: Upgrade", "-H", "Upgrade: websocket", "-H", "Sec-WebSocket-Version: 13", "-H",
                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "-H",
                "Sec-WebSocket-Protocol: bearer.\(text), restante.v1.json", server.http("/v1/connect"))
        }
    }

    /// Tokens that come over a connection, a good one and a bad one.
    mutating func refresh() async throws {
        let good = try await token(of: "dora", "phone")
        let bad = keepToken("forged token of a refresh", good.dropLast(12) + "AAAAforgedAA")
        try await Device.with("dora", on: server) { dora in
            try await dora.untilDrained()
            _ = try await dora.client.refresh(token: good)
            await #expect(throws: Refusal.self) { try await dora.client.refresh(token: bad) }
        }
    }

    /// Frames and bodies that are none, each with something in it that is nobody's business.
    mutating func sendNonsense() async throws {
        let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
        let done = try await Command.run(
            repository.appending(path: ".venv/bin/python").path,
            [
                repository.appending(path: "Tests/python/nonsense.py").path, "--url", server.url, "--token",
                try await token(of: "dave", "tablet"), "--secret", keep("in bad frames", "spoken out of turn"),
            ], in: server.home)
        guard done.status == 0 else { throw ServerProcess.DidNotStart(said: "\(done)") }
        answers += done.output
    }

    mutating func postAsService() async throws {
        let token = keepToken(
            "token of a service", try await server.mint().mint(ServiceName(unchecked: "backend"), lifetime: 3600))
        let payload = keep("payload of a service", "your parcel is at the gate")
        let bodies = [
            #"{"messageId": "\#(Data(MessageID.fresh().bytes).base64EncodedString())", "user": "bob", "payload": "\#(Data(payload.utf8).base64EncodedString())"}"#,
            #"{"messageId": "AAAA", "user": "bob", "payload": "\#(Data(payload.utf8).base64EncodedString())"}"#,
            payload,
        ]
        for body in bodies {
            answers += try await curl(
                "-i", "-H", "Authorization: Bearer \(token)", "-H", "Content-Type: application/json",
                server.http("/v1/messages"), "-d", body)
        }
    }

    mutating func operate() async throws {
        for arguments in [
            ["status"], ["device", "list", "bob"], ["device", "unlink", "bob", "phone"], ["user", "delete", "dave"],
            ["backup", server.home.file("copy.db")], ["clock", "confirm"],
        ] {
            let done = try await Command.run(
                Products.restante, arguments + ["--database", server.home.database], in: server.home)
            answers += "\(done)"
        }
        let socket = server.home.database + ".sock"
        answers += try await curl("--unix-socket", socket, "http://restante/metrics")
    }

    /// What the store makes of messages, and the ids that it knows them by.
    mutating func readDigests() async throws {
        let rows = try await server.home.sqlite3("SELECT hex(digest), hex(message_id) FROM accepted")
        for row in rows.lines {
            let parts = row.split(separator: "|").map { Data(hex: $0) }
            secrets.append(Secret("digest", parts[0]))
            messageIDs.append(Secret("message id", parts[1]))
        }
    }

    private func curl(_ arguments: String...) async throws -> String {
        try await Command.run("/usr/bin/curl", ["-s", "--max-time", "5"] + arguments, in: server.home).output
    }

    private struct KeyList: Decodable {
        struct Key: Decodable { var k: String }
        var keys: [Key]
    }
}

extension Data {
    fileprivate init(hex: some StringProtocol) {
        let digits = hex.compactMap(\.hexDigitValue)
        self = Data(stride(from: 0, to: digits.count - 1, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) })
    }
}
