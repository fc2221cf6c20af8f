import Foundation
import FoundationNetworking
import RestanteClient
import RestanteCore
import RestanteGateway
import Testing

extension SystemTests {
    @Suite struct DeliveryTests {
        @Test func mailWaitsForWhoIsAwayAndDoesNotComeAgain() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                let sent = (1...300).map { "message \($0)" }
                try await Device.with("alice", on: server) { alice in
                    for text in sent { try await alice.send(text, to: .user("bob")) }
                }
                try await Device.with("bob", on: server) { bob in
                    #expect(try await bob.texts(sent.count) == sent)
                    try await bob.untilDrained()
                }
                try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    #expect(bob.events.now.texts == [])
                }
            }
        }

        @Test func whatWasNotAcknowledgedComesAgain() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                try await Device.with("alice", on: server) { try await $0.send("stay", to: .user("bob")) }
                for _ in 1...2 {
                    try await Device.with("bob", on: server, answer: Device.acknowledgeNothing) { bob in
                        try await bob.events.first { $0.texts == ["stay"] ? () : nil }
                    }
                }
                let last = try await Device.with("bob", on: server) { try await $0.texts(1) }
                #expect(last == ["stay"])
            }
        }

        @Test func twoTalkInBothDirections() async throws {
            try await ServerProcess.with { server in
                try await Device.with("alice", on: server) { alice in
                    try await alice.untilDrained()
                    try await Device.with("bob", on: server) { bob in
                        try await bob.untilDrained()
                        try await alice.send("hello", to: .user("bob"))
                        #expect(try await bob.texts(1) == ["hello"])
                        try await bob.send("hello yourself", to: .device("alice", "phone"))
                        #expect(try await alice.texts(1) == ["hello yourself"])
                        #expect(alice.events.now.messages.first?.conversation == .device(alice.address))
                        #expect(bob.events.now.messages.first?.from == .device(alice.address))
                    }
                }
            }
        }

        @Test func aGroupsMembersGetWhatIsSentToIt() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { try await $0.untilDrained() }
                try await Device.with("carol", on: server) { carol in
                    try await carol.untilDrained()
                    try await Device.with("alice", on: server) { alice in
                        let members = ["bob", "carol"].map(UserName.init(unchecked:))
                        _ = try await alice.client.request(
                            .createGroup(GroupName(unchecked: "club"), members: members))
                        try await alice.send("one", to: .group("club"))
                        try await carol.send("two", to: .group("club"))
                        #expect(try await alice.texts(1) == ["two"])
                        #expect(try await carol.texts(1) == ["one"])
                    }
                }
                let bobs = try await Device.with("bob", on: server) { try await $0.texts(2) }
                #expect(bobs == ["one", "two"])
            }
        }

        @Test func aServiceSendsOverHTTP() async throws {
            try await ServerProcess.with { server in
                try await Device.with("bob", on: server) { bob in
                    try await bob.untilDrained()
                    let id = Data(MessageID.fresh().bytes).base64EncodedString()
                    let body = #"{"messageId":"\#(id)","user":"bob","payload":"aGVsbG8="}"#
                    let first = try await post(body, to: server)
                    #expect(first.status == 200)
                    #expect(first.text.contains(#""accepted""#) && !first.text.contains("duplicate"), "\(first)")
                    let second = try await post(body, to: server)
                    #expect(second.text.contains(#""duplicate":true"#), "\(second)")
                    #expect(try await bob.texts(1) == ["hello"])
                    #expect(bob.events.now.messages.first?.from == .service(ServiceName(unchecked: "billing")))
                }
            }
        }

        @Test(arguments: ["/healthz", "/readyz"]) func healthIsAnswered(path: String) async throws {
            try await ServerProcess.with { server in
                let url = try #require(URL(string: server.http(path)))
                let (_, response) = try await URLSession.shared.data(from: url)
                #expect((response as? HTTPURLResponse)?.statusCode == 200)
            }
        }

        private func post(_ body: String, to server: ServerProcess) async throws -> (status: Int?, text: String) {
            var request = URLRequest(url: try #require(URL(string: server.http("/v1/messages"))))
            request.httpMethod = "POST"
            request.httpBody = Data(body.utf8)
            request.setValue("application/json", forHTTPHeaderField: "Content-Type")
            let token = try await server.mint().mint(ServiceName(unchecked: "billing"), lifetime: 60)
            request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
            let (data, response) = try await URLSession.shared.data(for: request)
            return ((response as? HTTPURLResponse)?.statusCode, String(decoding: data, as: UTF8.self))
        }
    }
}
