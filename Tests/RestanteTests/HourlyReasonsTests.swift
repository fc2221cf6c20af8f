import RestanteCore
import Testing

@testable import restante

@Suite struct HourlyReasonsTests {
    private let reasons = HourlyReasons()
    private let start = ContinuousClock.now

    @Test func theSameIsToldOnceAnHour() {
        #expect(reasons.tell("503", of: .apns, at: start) == "503")
        #expect(reasons.tell("503", of: .apns, at: start + .seconds(3599)) == nil)
        #expect(reasons.tell("500", of: .apns, at: start + .seconds(3599)) == "500")
        #expect(reasons.tell("503", of: .fcm, at: start + .seconds(3599)) == "503")
        #expect(reasons.tell("503", of: .apns, at: start + .seconds(3600)) == "503")
    }

    /// Whoever names a server can have it say what it likes.
    @Test func soManyAreToldApart() {
        let told = (0..<1000).compactMap { reasons.tell("\($0)", of: .webPush, at: start) }
        #expect(told == (0..<HourlyReasons.most).map { "\($0)" } + [HourlyReasons.others])
        #expect(reasons.tell("503", of: .apns, at: start) == "503")
        #expect(reasons.tell("999", of: .webPush, at: start + .seconds(3600)) == "999")
    }
}
