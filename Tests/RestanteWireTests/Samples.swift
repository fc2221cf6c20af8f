import FoundationEssentials
import RestanteCore
import RestanteWire
import SwiftProtobuf
import Testing

/// One sample or more of each frame, by the name that the schema gives the frame.
struct Sample<Frame: Sendable>: Sendable, CustomTestStringConvertible {
    var name: String
    var frame: Frame
    var testDescription: String { name }
}

let alice = DeviceAddress(user: UserName(unchecked: "alice"), device: DeviceName(unchecked: "phone"))
let bob = UserName(unchecked: "bob")
let friends = GroupName(unchecked: "Freunde 👩‍👧 \"'; DROP")
let sampleID = MessageID(high: 0x0192_F3A4_B5C6_7ABC, low: 0x8123_4567_89AB_CDEF)
let sampleIDBytes = Data(sampleID.bytes)

enum ClientSamples {
    static let all: [Sample<WireClientFrame>] = sends + plain + groups

    static let sends: [Sample<WireClientFrame>] = [
        client("send") { $0.send = toBob },
        client("send") {
            $0.send = toBob
            ($0.send.device, $0.send.ttl, $0.send.urgency) = (.with { ($0.user, $0.device) = ("b", "d") }, 60, .urgent)
        },
        client("send") {
            $0.send = toBob
            ($0.send.group, $0.send.groupVersion, $0.send.receipt) = (friends.rawValue, 7, true)
            ($0.send.ephemeral, $0.send.label) = (true, "Ålice 😀")
        },
        client("send") {
            $0.send = toBob
            ($0.send.payload, $0.send.devicesVersion) = (Data(), 3)
            $0.send.sealed = [.with { ($0.device, $0.payload) = ("pc", Data([1, 2])) }, .with { $0.device = "tab" }]
        },
    ]

    static let plain: [Sample<WireClientFrame>] = [
        client("ack") { $0.ack = .with { $0.through = .max } },
        client("ping") { $0.ping = WirePing() },
        request("cancel") { $0.cancel = .with { $0.messageID = sampleIDBytes } },
        request("status") { $0.status = .with { $0.messageID = sampleIDBytes } },
        request("devices") { $0.devices = .with { $0.user = "bob" } },
        request("unlink") { $0.unlink = .with { $0.device = "old" } },
        request("register_push") {
            $0.registerPush = .with {
                ($0.provider, $0.token, $0.app) = ("apns", String(repeating: "0a", count: 32), "org.example")
                ($0.placeholder, $0.labels) = ("News", true)
            }
        },
        request("remove_push") { $0.removePush = WireRemovePush() },
        request("refresh") { $0.refresh = .with { $0.token = "a.b.c" } },
        request("block") { $0.block = .with { $0.user = "eve" } },
        request("unblock") { $0.unblock = .with { $0.user = "eve" } },
        request("list_blocks") { $0.listBlocks = WireListBlocks() },
        request("delete_user") { $0.deleteUser = .with { $0.user = "bob" } },
        request("revoke") { $0.revoke = .with { $0.device = .with { ($0.user, $0.device) = ("bob", "old") } } },
    ]

    static let groups: [Sample<WireClientFrame>] = [
        request("create_group") { $0.createGroup = .with { ($0.group, $0.members) = ("g", ["bob", "eve"]) } },
        request("add_members") { $0.addMembers = .with { ($0.group, $0.users) = ("g", ["bob"]) } },
        request("remove_members") { $0.removeMembers = .with { ($0.group, $0.users) = ("g", ["bob"]) } },
        request("leave_group") { $0.leaveGroup = .with { $0.group = "g" } },
        request("set_role") { $0.setRole = .with { ($0.group, $0.user, $0.role) = ("g", "bob", .member) } },
        request("group_info") { $0.groupInfo = .with { $0.group = friends.rawValue } },
        request("list_groups") { $0.listGroups = WireListGroups() },
        request("delete_group") { $0.deleteGroup = .with { $0.group = "g" } },
    ]

    static let toBob = WireSend.with {
        ($0.messageID, $0.user, $0.payload) = (sampleIDBytes, "bob", Data([0, 0xFF, 0x80]))
    }

    private static func client(_ name: String, _ fill: (inout WireClientFrame) -> Void) -> Sample<WireClientFrame> {
        Sample(name: name, frame: .with { fill(&$0) })
    }

    private static func request(_ name: String, _ fill: (inout WireClientFrame) -> Void) -> Sample<WireClientFrame> {
        Sample(
            name: name,
            frame: .with {
                $0.requestID = 300
                fill(&$0)
            })
    }
}

enum ServerSamples {
    static let all: [Sample<WireServerFrame>] = owed + answers + state

    static let owed: [Sample<WireServerFrame>] = [
        server("deliver", .live(message(from: .device(alice), in: .user(bob)), tag: 1)),
        server("deliver", .live(message(from: .service(ServiceName(unchecked: "shop")), in: .device(alice)), tag: 0)),
        server(
            "deliver", .deliver(Delivery(tag: 2, owed: .message(message(from: .device(alice), in: .group(friends)))))),
        server("gap", .deliver(Delivery(tag: 3, owed: .gap(.group(friends), count: 9, reason: .quota)))),
        server("receipt", .deliver(Delivery(tag: 4, owed: .receipt(.user(bob), reader: bob, [sampleID, sampleID])))),
        server("undelivered", .deliver(Delivery(tag: 5, owed: .undelivered([sampleID], reason: .deleted)))),
    ]

    static let answers: [Sample<WireServerFrame>] = [
        server("accepted", .sent(sampleID, .accepted(at: 1_700_000_000_000, duplicate: true))),
        server("relayed", .sent(sampleID, .relayed)),
        server("rejected", .sent(sampleID, .rejected(Refusal(.staleDevices, "again", retryAfter: 2, stale: stale)))),
        server("rejected", .rejected(messageID: [1, 2], Refusal(.badID, "no id"))),
        server("failure", .answered(.failure(Refusal(.notFound, "no such group")), id: 8)),
        reply(.done),
        reply(.devices(DeviceList(user: bob, devices: [alice.device], version: 4))),
        reply(.blocks([bob, alice.user])),
        reply(.refreshed(expiresAt: 1_700_000_000_000)),
        reply(.groupVersion(5)),
        reply(.group(GroupInfo(name: friends, version: 6, members: [Member(user: bob, role: .admin, joinedAt: 7)]))),
        reply(.groups([GroupSummary(name: friends, version: 6, role: .member, memberCount: 2)])),
        reply(
            .status(
                MessageStatus(
                    id: sampleID, acceptedAt: 1, cancelled: true,
                    devices: [.init(device: alice, state: .lost(.expired)), .init(device: alice, state: .pending)]))),
    ]

    static let state: [Sample<WireServerFrame>] = [
        server("welcome", .welcome(session: "s1", claimed: claimed, limits: Limits())),
        server("acked", .acked(through: 6)),
        server("drained", .drained()),
        server("pong", .pong()),
        server("closing", .closing(reason: "shutting_down", reconnectAfterMilliseconds: 1500)),
    ]

    static let claimed = Claimed(
        address: alice, generation: 2, epoch: "e1", pending: Pending(messages: 3, bytes: 4), serverTime: 5)

    static let stale = StaleView(
        version: 9, members: [MemberDevices(user: bob, devices: [alice.device])], missing: [alice.device],
        extra: [DeviceName(unchecked: "gone")])

    static func message(from sender: Sender, in conversation: Conversation) -> RestanteCore.Message {
        RestanteCore.Message(
            id: sampleID, from: sender, conversation: conversation, acceptedAt: -1, kind: .membership,
            urgency: .urgent, payload: [0, 0xFF])
    }

    private static func server(_ name: String, _ frame: WireServerFrame) -> Sample<WireServerFrame> {
        Sample(name: name, frame: frame)
    }

    private static func reply(_ reply: Reply) -> Sample<WireServerFrame> {
        Sample(name: "reply", frame: .answered(.success(reply), id: 7))
    }
}
