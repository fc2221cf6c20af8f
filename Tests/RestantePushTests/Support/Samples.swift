import Crypto
import RestanteCore

@testable import RestantePush

/// Wakes as a store hands them out.
enum Samples {
    static let now: Int64 = 1_800_000_000_000

    static func device(_ name: String) -> DeviceAddress {
        DeviceAddress(user: UserName(unchecked: name), device: DeviceName(unchecked: "phone"))
    }

    static func wake(
        _ name: String, _ target: PushTarget = apns(), urgency: Urgency = .normal, registeredAt: Int64 = now - 60_000,
        deadline: Int64 = now + 3_600_000, text: String? = nil, job: Int64 = 0
    ) -> Wake {
        Wake(
            device: device(name), target: target, registeredAt: registeredAt, urgency: urgency, deadline: deadline,
            text: text, job: job)
    }

    /// As long as they may be, of what JSON writes in many bytes or few.
    static let texts = ["\u{1}", "\"", "\\", "/", "a", "é", "😀"].map { piece in
        String(repeating: piece, count: PushDisplay.mostBytes / piece.utf8.count)
    }

    static func apns(
        token: String = String(repeating: "a1", count: 32), topic: String = "org.example.app", sandbox: Bool = false
    ) -> PushTarget {
        .apns(token: token, topic: topic, sandbox: sandbox)
    }

    static func fcm(token: String = "registration", app: String = "example-project") -> PushTarget {
        .fcm(token: token, app: app)
    }
}

/// A generator that always draws the same, and so the least or the most.
struct ConstantGenerator: RandomNumberGenerator, Sendable {
    var value: UInt64

    /// Not 0, which the library throws away and draws again, for ever.
    static let least = ConstantGenerator(value: 1024)
    static let most = ConstantGenerator(value: .max)

    mutating func next() -> UInt64 { value }
}
