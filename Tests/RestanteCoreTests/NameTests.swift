import RestanteCore
import Testing

@Suite struct NameTests {
    @Test(arguments: [
        "a", " ", "'; DROP TABLE messages; --", "\"quoted\"", "alice/phone", "Ünïcödé", "משתמש", "用户",
        "👩‍👩‍👧‍👦", "e\u{301}", "\u{200B}", "\n", "\u{FFFD}", "a\u{300}\u{301}\u{302}",
    ])
    func anyTextIsAName(text: String) throws {
        let name = try #require(UserName(rawValue: text))
        #expect(Array(name.rawValue.utf8) == Array(text.utf8))
        #expect(name.description == text)
    }

    @Test(arguments: ["", "\0", "a\0", "\0a", "a\0b"])
    func emptyOrWithNULIsNone(text: String) { #expect(UserName(rawValue: text) == nil) }

    /// The limit counts bytes, not characters.
    @Test(arguments: [("a", 127), ("a", 128), ("é", 64), ("用", 42), ("👍", 32)])
    func withinTheLimit(character: String, count: Int) {
        #expect(GroupName(rawValue: String(repeating: character, count: count)) != nil)
    }

    @Test(arguments: [("a", 129), ("é", 65), ("用", 43), ("👍", 33)])
    func pastTheLimit(character: String, count: Int) {
        #expect(GroupName(rawValue: String(repeating: character, count: count)) == nil)
    }

    /// Swift's own strings say that these are equal; the database and clients in other languages do not.
    @Test func namesAreComparedByteByByte() throws {
        let composed = try #require(DeviceName(rawValue: "\u{E9}"))
        let decomposed = try #require(DeviceName(rawValue: "e\u{301}"))
        #expect(composed.rawValue == decomposed.rawValue)
        #expect(composed != decomposed)
        #expect(Set([composed, decomposed, composed]).count == 2)
        #expect(decomposed < composed && !(composed < decomposed))
    }

    @Test func orderIsThatOfTheBytes() {
        let names = ["B", "a", "aa", "b", "é", "用", "👍"].map { UserName(unchecked: $0) }
        #expect(names.shuffled().sorted() == names)
    }

    @Test func addressesTellUserAndDeviceApart() {
        func address(_ user: String, _ device: String) -> DeviceAddress {
            DeviceAddress(user: UserName(unchecked: user), device: DeviceName(unchecked: device))
        }
        #expect(address("a", "b") == address("a", "b"))
        #expect(address("a", "b") != address("b", "a"))
        #expect(Set([address("ab", "c"), address("a", "bc")]).count == 2)
        #expect(address("alice", "phone").description == "alice/phone")
    }
}
