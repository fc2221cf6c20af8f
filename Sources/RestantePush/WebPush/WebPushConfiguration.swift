/// How browsers, and phones with UnifiedPush, are woken, and as whom.
public struct WebPushConfiguration: Sendable {
    /// The application server's key. Its public half is what apps subscribe with (``publicKey``).
    public var key: PushKey
    /// `mailto:` or `https:`: where a push service finds who runs this server.
    public var contact: String
    /// Which addresses endpoints may have.
    public var policy: AddressPolicy

    public init(key: PushKey, contact: String, policy: AddressPolicy = AddressPolicy()) {
        self.key = key
        self.contact = contact
        self.policy = policy
    }

    /// `applicationServerKey` of `PushManager.subscribe`, as base64url.
    public var publicKey: String { key.publicKey }
}
