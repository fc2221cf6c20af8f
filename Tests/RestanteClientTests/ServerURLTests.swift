import Testing

@testable import RestanteClient

@Suite struct ServerURLTests {
    @Test(
        arguments: [
            ("ws://127.0.0.1:7070", ServerURL(secure: false, host: "127.0.0.1", port: 7070, target: "/v1/connect")),
            ("ws://localhost", ServerURL(secure: false, host: "localhost", port: 80, target: "/v1/connect")),
            ("wss://a.example/", ServerURL(secure: true, host: "a.example", port: 443, target: "/v1/connect")),
            ("wss://[::1]:8443/c/v1?x=1#y", ServerURL(secure: true, host: "::1", port: 8443, target: "/c/v1?x=1")),
        ])
    func takesApart(_ text: String, _ expected: ServerURL) throws {
        #expect(try ServerURL(text) == expected)
    }

    @Test func authorityNamesThePortOnlyWhereItIsUnusual() throws {
        #expect(try ServerURL("ws://h:7070").authority == "h:7070")
        #expect(try ServerURL("wss://h:443").authority == "h")
        #expect(try ServerURL("wss://[::1]:1").authority == "[::1]:1")
    }

    @Test(
        arguments: [
            "", "127.0.0.1:7070", "http://x", "ws://", "ws://:80", "ws://h:0", "ws://h:65536", "ws://h:x", "ws://u:p@h",
            "ws://h /x", "ws://[::1", "ws://[::1]x",
        ])
    func refuses(_ text: String) {
        #expect(throws: ClientError.self) { try ServerURL(text) }
    }
}
