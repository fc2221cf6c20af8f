/// How iOS devices are woken, and as whom.
public struct APNsConfiguration: Sendable {
    /// A developer team and the key that it signs with.
    public struct Team: Sendable {
        /// Ten characters, from the developer account.
        public var id: String
        /// Ten characters: which of the team's keys it is.
        public var keyID: String
        public var key: PushKey
        /// The bundle ids of its apps. Empty: all that no other team has.
        public var topics: Set<String>

        public init(id: String, keyID: String, key: PushKey, topics: Set<String> = []) {
            self.id = id
            self.keyID = keyID
            self.key = key
            self.topics = topics
        }
    }

    /// What a wake looks like on the device (https://developer.apple.com/documentation/usernotifications).
    public enum Style: Sendable, Equatable {
        /// Shows a text, which the app may replace before it is shown (`mutable-content`); arrives also when the app
        /// was closed.
        case alert(String)
        /// Shows nothing: the system starts the app when it finds it convenient, a few times an hour at most.
        case background
    }

    public var teams: [Team]
    /// For urgent mail that comes without a text to show.
    public var urgent: Style
    /// For all other mail without one.
    public var normal: Style
    /// `https://`, host, and port if it is not 443.
    public var production: String
    public var sandbox: String

    public init(
        teams: [Team], urgent: Style = .alert("New message"), normal: Style = .background,
        production: String = "https://api.push.apple.com", sandbox: String = "https://api.sandbox.push.apple.com"
    ) {
        self.teams = teams
        self.urgent = urgent
        self.normal = normal
        self.production = production
        self.sandbox = sandbox
    }
}
