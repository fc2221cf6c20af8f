import Testing

@testable import restante

@Suite struct PrinterTests {
    @Test func terminalsAreNotSteeredByMessages() {
        #expect("\u{1B}[31mred\u{7}\r\n".printable == "\u{FFFD}[31mred\u{FFFD}\u{FFFD}\u{FFFD}")
        #expect("a\u{9B}31m".printable == "a\u{FFFD}31m")
        #expect("tab\tnaïve 👩‍👧 한".printable == "tab\tnaïve 👩‍👧 한")
    }
}
