import RestanteCore
import RestanteWire
import Testing

/// What the app's backend asks for names whom it is about; a device need not, and may name only itself.
@Suite struct ServiceRequestTests {
    private static let group = GroupName(unchecked: "g")
    private static let old = DeviceAddress(user: bob, device: DeviceName(unchecked: "old"))

    static let rows: [(String, Request)] = [
        (
            #"{"createGroup": {"group": "g", "members": ["eve"], "admin": "bob"}}"#,
            .createGroup(group, members: [UserName(unchecked: "eve")], admin: bob)
        ),
        (#"{"addMembers": {"group": "g", "users": ["bob"]}}"#, .addMembers(group, [bob])),
        (#"{"setRole": {"group": "g", "user": "bob", "role": "ROLE_ADMIN"}}"#, .setRole(group, bob, .admin)),
        (#"{"listGroups": {"user": "bob"}}"#, .groups(of: bob)),
        (#"{"devices": {"user": "bob"}}"#, .devices(of: bob)),
        (#"{"unlink": {"user": "bob", "device": "old"}}"#, .unlink(old)),
        (#"{"deleteUser": {"user": "bob"}}"#, .deleteUser(bob)),
        (#"{"revoke": {"user": "bob"}}"#, .revoke(.user(bob))),
        (#"{"revoke": {"device": {"user": "bob", "device": "old"}}}"#, .revoke(.device(old))),
        (#"{"revoke": {"service": "news"}}"#, .revoke(.service(ServiceName(unchecked: "news")))),
    ]

    @Test(arguments: rows) func isRead(text: String, request: Request) throws {
        #expect(try read(text).request == .success(request))
    }

    @Test(arguments: [
        (#"{"createGroup": {"group": "g"}}"#, ErrorCode.badName), (#"{"listGroups": {}}"#, .badName),
        (#"{"unlink": {"device": "old"}}"#, .badName), (#"{"revoke": {}}"#, .badRequest),
        (#"{"send": {"user": "bob"}}"#, .badRequest), (#"{"refresh": {"token": "t"}}"#, .badRequest),
        (#"{"keysOfTheFuture": {}}"#, .unknownRequest),
    ])
    func isRefused(text: String, code: ErrorCode) throws {
        guard case .failure(let refusal) = try read(text).request else {
            Issue.record("it was not refused")
            return
        }
        #expect(refusal.code == code)
    }

    @Test(arguments: [
        #"{"requestId": 1, "createGroup": {"group": "g", "admin": "bob"}}"#,
        #"{"requestId": 1, "listGroups": {"user": "bob"}}"#,
        #"{"requestId": 1, "unlink": {"user": "bob", "device": "old"}}"#,
    ])
    func aDeviceNamesOnlyItself(text: String) throws {
        func action(_ text: String) throws -> ClientAction {
            try WireFormat.json.decodeAction(Array(text.utf8), from: alice, limits: Limits())
        }
        guard case .failRequest(1, let refusal) = try action(text) else {
            Issue.record("it was not refused")
            return
        }
        #expect(refusal.code == .notAllowed)
        guard case .request = try action(text.replacing("bob", with: alice.user.rawValue)) else {
            Issue.record("it may name itself")
            return
        }
    }

    private func read(_ text: String) throws -> ServiceRequest {
        try WireFormat.json.decodeServiceRequest(Array(text.utf8))
    }
}
