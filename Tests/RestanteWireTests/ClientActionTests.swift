import FoundationEssentials
import RestanteCore
import RestanteWire
import SwiftProtobuf
import Testing

@Suite struct ClientActionTests {
    @Test(arguments: WireFormat.allCases)
    func sendBecomesASubmission(format: WireFormat) throws {
        var send = ClientSamples.toBob
        (send.ttl, send.urgency, send.receipt, send.ephemeral) = (60, .urgent, true, true)
        let expected = Submission(
            id: sampleID, to: .user(bob), content: .payload([0, 0xFF, 0x80]), timeToLive: 60, urgency: .urgent,
            ephemeral: true, receipt: true)
        #expect(try action(.with { $0.send = send }, format) == .send(expected))
    }

    @Test func unsetFieldsHaveTheirDefaults() throws {
        let bare = WireSend.with { ($0.messageID, $0.user) = (sampleIDBytes, "bob") }
        let expected = Submission(id: sampleID, to: .user(bob), content: .payload([]))
        #expect(try action(.with { $0.send = bare }) == .send(expected))
    }

    @Test func recipients() throws {
        var send = ClientSamples.toBob
        send.device = .with { ($0.user, $0.device) = ("alice", "phone") }
        #expect(try submission(send)?.recipient == .device(alice))
        (send.group, send.groupVersion) = (friends.rawValue, 4)
        #expect(try submission(send)?.recipient == .group(friends))
        #expect(try submission(send)?.groupVersion == 4)
    }

    @Test func sealedParts() throws {
        let parts = [
            SealedPart(device: DeviceName(unchecked: "pc"), payload: [1, 2]),
            SealedPart(device: DeviceName(unchecked: "tab"), payload: []),
        ]
        #expect(try submission(ClientSamples.sends[3].frame.send)?.content == .sealed(parts, devicesVersion: 3))
        var empty = ClientSamples.toBob
        (empty.payload, empty.devicesVersion) = (Data(), 3)
        #expect(try submission(empty)?.content == .sealed([], devicesVersion: 3))
    }

    @Test(arguments: badSends)
    func refusedSend(code: ErrorCode, send: WireSend) throws {
        guard case .rejectSend(let id, let refusal) = try action(.with { $0.send = send }) else {
            Issue.record("it was not refused")
            return
        }
        #expect(refusal.code == code)
        #expect(id == Array(send.messageID))
    }

    @Test(arguments: [(-1, true), (0, true), (1, false)])
    func payloadAtTheLimit(over: Int, fits: Bool) throws {
        let count = Limits().messageBytes + over
        var send = ClientSamples.toBob
        send.payload = Data(repeating: 7, count: count)
        #expect(try refusal(send)?.code == (fits ? nil : .tooLarge))
        (send.payload, send.devicesVersion) = (Data(), 1)
        send.sealed = [
            .with { ($0.device, $0.payload) = ("a", Data(repeating: 7, count: 1000)) },
            .with { ($0.device, $0.payload) = ("b", Data(repeating: 7, count: count - 1000)) },
        ]
        #expect(try refusal(send)?.code == (fits ? nil : .tooLarge))
    }

    @Test(arguments: WireFormat.allCases)
    func theLargestMessageFitsAFrame(format: WireFormat) {
        let name = String(repeating: "\u{1}", count: Limits.nameBytes)
        var send = ClientSamples.toBob
        (send.payload, send.devicesVersion) = (Data(), .max)
        send.sealed = (0..<Limits().devicesPerUser).map { index in
            .with { ($0.device, $0.payload) = (name, Data(repeating: 0xFF, count: Limits().messageBytes / 16)) }
        }
        let bytes = format.encode(WireClientFrame.with { $0.send = send })
        #expect(bytes.count < format.frameBytes(Limits()))
    }

    @Test(arguments: [(127, true), (128, true), (129, false)])
    func nameAtTheLimit(bytes: Int, fits: Bool) throws {
        let name = String(repeating: "n", count: bytes)
        var send = ClientSamples.toBob
        send.user = name
        #expect(try refusal(send)?.code == (fits ? nil : .badName))
        let answer = try action(.with { ($0.requestID, $0.groupInfo) = (1, .with { $0.group = name }) })
        #expect((answer == .request(.groupInfo(GroupName(unchecked: name)), id: 1)) == fits)
    }

    @Test func acknowledgementsAndPings() throws {
        #expect(try action(.with { $0.ack.through = 5 }) == .acknowledge(through: 5))
        #expect(try action(.with { $0.ack = WireAck() }) == .acknowledge(through: 0))
        #expect(try action(.with { $0.ping = WirePing() }) == .ping)
    }

    @Test(arguments: zip(ClientSamples.groups.map(\.frame) + ClientSamples.plain[2..<6].map(\.frame), requests))
    func requestIsRead(frame: WireClientFrame, request: Request) throws {
        #expect(try action(frame) == .request(request, id: 300))
    }

    /// Unread: what it says is the verifier's to judge.
    @Test func aTokenIsHandedOnAsItCame() throws {
        let frame = WireClientFrame.with { ($0.requestID, $0.refresh) = (300, .with { $0.token = "a.b.c" }) }
        #expect(try action(frame) == .refresh(token: "a.b.c", id: 300))
    }

    @Test(arguments: badRequests)
    func refusedRequest(code: ErrorCode, frame: WireClientFrame) throws {
        guard case .failRequest(.max, let refusal) = try action(frame) else {
            Issue.record("it was not refused")
            return
        }
        #expect(refusal.code == code)
    }

    @Test func aRequestOfALaterVersionIsAnswered() throws {
        let json = #"{"requestId":"9","keysOfTheFuture":{"user":"bob"}}"#
        let proto: [UInt8] = [0x08, 9, 0xC2, 0x3E, 0]
        for (bytes, format) in [(Array(json.utf8), WireFormat.json), (proto, .proto)] {
            let answer = try format.decodeAction(bytes, from: alice, limits: Limits())
            guard case .failRequest(9, let refusal) = answer else {
                Issue.record("\(format): \(answer)")
                continue
            }
            #expect(refusal.code == .unknownRequest)
        }
    }

    @Test func whatCannotBeAnsweredClosesWith4400() {
        let requestWithoutID = WireClientFrame.with { $0.listGroups = WireListGroups() }
        for frame in [WireClientFrame(), requestWithoutID] {
            let error = #expect(throws: WireError.self) { try action(frame) }
            #expect(error?.closeCode == .badFrame)
        }
    }

    /// Both spellings of a field are proto3 JSON, numbers may be strings, and a role that is not known is no role.
    @Test func jsonOfOtherClients() throws {
        func read(_ text: String) throws -> ClientAction {
            try WireFormat.json.decodeAction(Array(text.utf8), from: alice, limits: Limits())
        }
        let send = ClientAction.send(Submission(id: sampleID, to: .user(bob), content: .payload([0xFF])))
        #expect(try read(#"{"send":{"message_id":"AZLzpLXGeryBI0VniavN7w==","user":"bob","payload":"/w=="}}"#) == send)
        #expect(
            try read(#"{"send":{"messageId":"AZLzpLXGeryBI0VniavN7w","user":"bob","payload":"_w","x":[{}]}}"#) == send)
        #expect(try read(#"{"ack":{"through":7}}"#) == .acknowledge(through: 7))
        let role = #"{"request_id":1,"set_role":{"group":"g","user":"bob","role":"ROLE_OWNER"}}"#
        guard case .failRequest(1, let refusal) = try read(role) else {
            Issue.record("a role that is not known was taken")
            return
        }
        #expect(refusal.code == .badRequest)
    }

    private static let badSends: [(ErrorCode, WireSend)] = [
        (.badID, spoiled { $0.messageID = Data() }),
        (.badID, spoiled { $0.messageID = Data(repeating: 1, count: 15) }),
        (.badID, spoiled { $0.messageID = Data(repeating: 1, count: 17) }),
        (.badRequest, spoiled { $0.to = nil }),
        (.badName, spoiled { $0.user = "" }),
        (.badName, spoiled { $0.group = "a\0b" }),
        (.badName, spoiled { $0.device = .with { $0.user = "bob" } }),
        (.badName, spoiled { ($0.payload, $0.sealed) = (Data(), [WireSealedPart()]) }),
        (.badRequest, spoiled { $0.sealed = [.with { $0.device = "pc" }] }),
        (.badRequest, spoiled { ($0.payload, $0.sealed, $0.group) = (Data(), [.with { $0.device = "pc" }], "g") }),
        (.badRequest, spoiled { ($0.payload, $0.sealed, $0.ephemeral) = (Data(), [.with { $0.device = "pc" }], true) }),
    ]

    /// One that is right but for one field.
    private static func push(_ spoil: (inout WireRegisterPush) -> Void) -> WireClientFrame {
        request {
            $0.registerPush = .with {
                ($0.provider, $0.token, $0.app) = ("apns", String(repeating: "0a", count: 32), "org.example")
                spoil(&$0)
            }
        }
    }

    private static func webPush(_ spoil: (inout WireRegisterPush) -> Void) -> WireClientFrame {
        request {
            $0.registerPush = .with {
                ($0.provider, $0.token) = ("webpush", "https://push.example.org/1")
                ($0.key, $0.secret) = (Data(repeating: 4, count: 65), Data(repeating: 1, count: 16))
                spoil(&$0)
            }
        }
    }

    private static let badRequests: [(ErrorCode, WireClientFrame)] = [
        (.unknownRequest, request { _ in }),
        (.badRequest, request { $0.registerPush = WireRegisterPush() }),
        (.badRequest, push { $0.token = "xyz" }),
        (.badRequest, push { $0.placeholder = String(repeating: "x", count: 257) }),
        (.badRequest, push { $0.token = String(repeating: "zz", count: 32) }),
        (.badRequest, push { $0.app = "" }),
        (.badRequest, push { $0.provider = "webpush" }),
        (.badRequest, webPush { $0.token = "http://push.example.org/1" }),
        (.badRequest, webPush { $0.token = "https://push.example.org/" + String(repeating: "x", count: 2048) }),
        (.badRequest, push { $0.token = String(repeating: "0", count: 65) }),
        (.badRequest, push { $0.token = String(repeating: "0", count: 202) }),
        (.badRequest, push { $0.app = "org/example" }),
        (.badRequest, push { ($0.provider, $0.app) = ("fcm", "a/b") }),
        (.badRequest, push { ($0.provider, $0.app) = ("fcm", "..") }),
        (.badRequest, push { ($0.provider, $0.app) = ("fcm", "a?b") }),
        (.badRequest, webPush { $0.key = Data(repeating: 4, count: 64) }),
        (.badRequest, webPush { $0.key = Data(repeating: 2, count: 65) }),
        (.badRequest, webPush { $0.secret = Data() }),
        (.badName, request { $0.devices = WireDevicesRequest() }),
        (.badName, request { $0.createGroup = .with { ($0.group, $0.members) = ("g", ["bob", ""]) } }),
        (.badID, request { $0.cancel = WireCancel() }),
        (.badID, request { $0.status = .with { $0.messageID = Data([1]) } }),
        (.badRequest, request { $0.setRole = .with { ($0.group, $0.user) = ("g", "bob") } }),
        (.badRequest, request { $0.setRole = .with { ($0.group, $0.user, $0.role) = ("g", "bob", .UNRECOGNIZED(2)) } }),
    ]

    private static let requests: [Request] = [
        .createGroup(group, members: [bob, UserName(unchecked: "eve")]), .addMembers(group, [bob]),
        .removeMembers(group, [bob]), .leaveGroup(group), .setRole(group, bob, .member), .groupInfo(friends),
        .listGroups, .deleteGroup(group), .cancel(sampleID), .status(sampleID), .devices(of: bob),
        .unlink(DeviceAddress(user: alice.user, device: DeviceName(unchecked: "old"))),
    ]
    private static func spoiled(_ change: (inout WireSend) -> Void) -> WireSend {
        var send = ClientSamples.toBob
        change(&send)
        return send
    }

    private static func request(_ fill: (inout WireClientFrame) -> Void) -> WireClientFrame {
        .with {
            $0.requestID = .max
            fill(&$0)
        }
    }

    private static let group = GroupName(unchecked: "g")

    private func action(_ frame: WireClientFrame, _ format: WireFormat = .proto) throws -> ClientAction {
        try format.decodeAction(format.encode(frame), from: alice, limits: Limits())
    }

    private func submission(_ send: WireSend) throws -> Submission? {
        guard case .send(let submission) = try action(.with { $0.send = send }) else { return nil }
        return submission
    }

    private func refusal(_ send: WireSend) throws -> Refusal? {
        guard case .rejectSend(_, let refusal) = try action(.with { $0.send = send }) else { return nil }
        return refusal
    }
}
