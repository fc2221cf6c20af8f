/// How Android devices are woken, and as whom.
public struct FCMConfiguration: Sendable {
    /// One a Firebase project.
    public var accounts: [ServiceAccount]
    /// `https://`, host, and port if it is not 443.
    public var address: String

    public init(accounts: [ServiceAccount], address: String = "https://fcm.googleapis.com") {
        self.accounts = accounts
        self.address = address
    }
}
