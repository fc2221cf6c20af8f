import FoundationEssentials
import RestanteCore
import RestanteWire
import SwiftProtobuf
import Testing

@Suite struct RoundTripTests {
    @Test(arguments: WireFormat.allCases, ClientSamples.all)
    func clientFrame(format: WireFormat, sample: Sample<WireClientFrame>) throws {
        #expect(try format.decodeClientFrame(format.encode(sample.frame)) == sample.frame)
    }

    @Test(arguments: WireFormat.allCases, ServerSamples.all)
    func serverFrame(format: WireFormat, sample: Sample<WireServerFrame>) throws {
        #expect(try format.decodeServerFrame(format.encode(sample.frame)) == sample.frame)
    }

    /// The samples are what the other tests go over: a frame without one would go untested.
    @Test func everyFrameOfTheSchemaHasASample() throws {
        let schema = try repositoryFile("Sources/RestanteWire/restante.proto")
        #expect(Set(ClientSamples.all.map(\.name)) == frames(of: "message ClientFrame {", in: schema))
        #expect(Set(ServerSamples.all.map(\.name)) == frames(of: "message ServerFrame {", in: schema))
    }

    /// A sample is listed under the name that its frame has on the wire.
    @Test(arguments: ClientSamples.all)
    func clientSampleIsNamedAsItsFrame(sample: Sample<WireClientFrame>) {
        let text = String(decoding: WireFormat.json.encode(sample.frame), as: UTF8.self)
        #expect(text.contains("\"\(camelCase(sample.name))\":{"))
    }

    @Test(arguments: ServerSamples.all)
    func serverSampleIsNamedAsItsFrame(sample: Sample<WireServerFrame>) {
        let text = String(decoding: WireFormat.json.encode(sample.frame), as: UTF8.self)
        #expect(text.contains("\"\(camelCase(sample.name))\":{"))
    }

    private func frames(of message: String, in schema: String) -> Set<String> {
        let lines = schema.split(separator: "\n").map { $0.drop { $0 == " " } }
        let body = lines.drop { $0 != message }.drop { $0 != "oneof frame {" }.dropFirst().prefix { $0 != "}" }
        return Set(body.compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) })
    }

    private func camelCase(_ name: String) -> String {
        let words = name.split(separator: "_")
        return String(words[0]) + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }
}

/// What is in a frame, as a client in another language reads it.
@Suite struct ServerFrameTests {
    @Test func welcomeTellsTheSessionAndTheLimits() {
        let welcome = WireServerFrame.welcome(session: "s1", claimed: ServerSamples.claimed, limits: Limits()).welcome
        #expect([welcome.session, welcome.user, welcome.device, welcome.epoch] == ["s1", "alice", "phone", "e1"])
        #expect([welcome.pending.messages, welcome.pending.bytes, welcome.serverTime] == [3, 4, 5])
        #expect([welcome.limits.messageBytes, welcome.limits.nameBytes] == [256 * 1024, 128])
        #expect([welcome.limits.windowMessages, welcome.limits.windowBytes] == [256, 1024 * 1024])
        #expect(
            [welcome.limits.groupMembers, welcome.limits.groupsPerUser, welcome.limits.devicesPerUser] == [
                1024, 256, 16,
            ])
        #expect([welcome.limits.ttl, welcome.limits.dedupeHorizon] == [2_592_000, 604_800])
    }

    /// A limit may be set past 32 bits, which the wire has for it: told as the most that it can say.
    @Test func limitsPastTheWireAreClamped() {
        var limits = Limits()
        limits.timeToLive = .max
        #expect(
            WireServerFrame.welcome(session: "", claimed: ServerSamples.claimed, limits: limits).welcome.limits.ttl
                == .max)
    }

    @Test func deliverTellsTheMessage() {
        let message = ServerSamples.message(from: .device(alice), in: .group(friends))
        let deliver = WireServerFrame.live(message, tag: 12).deliver
        #expect(deliver.tag == 12)
        #expect(deliver.from.device.user == "alice" && deliver.from.device.device == "phone")
        #expect(deliver.conversation.group == friends.rawValue)
        #expect(deliver.messageID == sampleIDBytes && deliver.payload == Data([0, 0xFF]))
        #expect(deliver.acceptedAt == -1 && deliver.kind == .membership && deliver.urgency == .urgent)
        #expect(WireServerFrame.deliver(Delivery(tag: 12, owed: .message(message))).deliver == deliver)
    }

    @Test func rejectionTellsCodeNameAndWhatIsStale() {
        let refusal = Refusal(.staleDevices, "again", retryAfter: 2, stale: ServerSamples.stale)
        let rejected = WireServerFrame.sent(sampleID, .rejected(refusal)).rejected
        #expect(rejected.messageID == sampleIDBytes)
        #expect(rejected.code == 32 && rejected.name == "stale_devices" && rejected.reason == "again")
        #expect(rejected.retryAfter == 2 && rejected.stale.version == 9)
        #expect(rejected.stale.members.map(\.user) == ["bob"] && rejected.stale.members[0].devices == ["phone"])
        #expect(rejected.stale.missing == ["phone"] && rejected.stale.extra == ["gone"])
        #expect(!WireServerFrame.rejected(messageID: [], Refusal(.badID, "")).rejected.hasStale)
    }

    @Test func jsonIsProto3JSON() {
        let frame = WireServerFrame.sent(sampleID, .accepted(at: 1_700_000_000_000, duplicate: false))
        #expect(
            String(decoding: WireFormat.json.encode(frame), as: UTF8.self)
                == #"{"accepted":{"messageId":"AZLzpLXGeryBI0VniavN7w==","acceptedAt":"1700000000000"}}"#)
    }

    /// Core's numbers go to the wire by name; that they are also the schema's is what the documentation says.
    @Test func numbersOfCoreAreThoseOfTheSchema() {
        for reason in RestanteCore.LossReason.allCases {
            let gap = WireServerFrame.deliver(Delivery(tag: 1, owed: .gap(.user(bob), count: 1, reason: reason))).gap
            #expect(gap.reason.rawValue == reason.rawValue)
        }
        for kind in MessageKind.allCases {
            var message = ServerSamples.message(from: .device(alice), in: .user(bob))
            message.kind = kind
            #expect(WireServerFrame.live(message, tag: 1).deliver.kind.rawValue == kind.rawValue)
        }
    }
}
