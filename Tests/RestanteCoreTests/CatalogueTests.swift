import RestanteCore
import Testing

/// Numbers and names that stand in databases and in other people's clients.
@Suite struct CatalogueTests {
    @Test func errorNamesAreUniqueSnakeCase() {
        let names = ErrorCode.allCases.map(\.name)
        #expect(Set(names).count == names.count)
        #expect(names.allSatisfy { !$0.isEmpty && $0.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 } })
    }

    @Test func numbersThatAreStoredStay() {
        #expect(MessageKind.allCases.map(\.rawValue) == [0, 1, 2])
        #expect(Role.allCases.map { "\($0.rawValue) \($0.name)" } == ["0 member", "1 admin"])
        #expect(
            LossReason.allCases.map { "\($0.rawValue) \($0.name)" }
                == ["1 expired", "2 quota", "3 removed", "4 unlinked", "5 damaged", "6 deleted"])
    }

    @Test(arguments: Role.allCases)
    func roleIsReadByItsName(role: Role) { #expect(Role(name: role.name) == role) }

    @Test func otherRolesAreNone() { #expect(Role(name: "owner") == nil) }

    @Test func deliveryStatesTellTheReason() {
        let states: [DeliveryState] = [.pending, .delivered, .lost(.quota)]
        #expect(states.map(\.name) == ["pending", "delivered", "lost_quota"])
    }

    @Test func contentCountsAllParts() {
        let part = SealedPart(device: DeviceName(unchecked: "d"), payload: [1, 2])
        #expect(MessageContent.payload([1]).byteCount == 1)
        #expect(MessageContent.sealed([part, part], devicesVersion: 1).byteCount == 4)
    }
}
