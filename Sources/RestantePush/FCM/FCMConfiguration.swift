/// How Android devices are woken, and as whom.
public struct FCMConfiguration: Sendable {
    /// One a Firebase project.
    public var accounts: [ServiceAccount]
    /// `https://`, host, and port if it is not 443.
    public var address: String
    /// Google checks each message and delivers none.
    public var isDryRun: Bool

    public init(
        accounts: [ServiceAccount], address: String = "https://fcm.googleapis.com", isDryRun: Bool = false
    ) {
        self.accounts = accounts
        self.address = address
        self.isDryRun = isDryRun
    }
}
