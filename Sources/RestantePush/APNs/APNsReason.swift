/// Why APNs did not take a notification: its `reason`
/// (https://developer.apple.com/documentation/usernotifications/handling-notification-responses-from-apns).
enum APNsReason: String, CaseIterable {
    // The device's token or topic.
    case badDeviceToken = "BadDeviceToken"
    case deviceTokenNotForTopic = "DeviceTokenNotForTopic"
    case badTopic = "BadTopic"
    case topicDisallowed = "TopicDisallowed"
    case unregistered = "Unregistered"
    case expiredToken = "ExpiredToken"
    // Our credentials.
    case badCertificate = "BadCertificate"
    case badCertificateEnvironment = "BadCertificateEnvironment"
    case badEnvironmentKeyIDInToken = "BadEnvironmentKeyIdInToken"
    case expiredProviderToken = "ExpiredProviderToken"
    case forbidden = "Forbidden"
    case invalidProviderToken = "InvalidProviderToken"
    case missingProviderToken = "MissingProviderToken"
    case unrelatedKeyIDInToken = "UnrelatedKeyIdInToken"
    // Our request.
    case badCollapseID = "BadCollapseId"
    case badExpirationDate = "BadExpirationDate"
    case badMessageID = "BadMessageId"
    case badPath = "BadPath"
    case badPriority = "BadPriority"
    case duplicateHeaders = "DuplicateHeaders"
    case invalidPushType = "InvalidPushType"
    case methodNotAllowed = "MethodNotAllowed"
    case missingDeviceToken = "MissingDeviceToken"
    case missingTopic = "MissingTopic"
    case payloadEmpty = "PayloadEmpty"
    case payloadTooLarge = "PayloadTooLarge"
    // Not now.
    case idleTimeout = "IdleTimeout"
    case internalServerError = "InternalServerError"
    case serviceUnavailable = "ServiceUnavailable"
    case shutdown = "Shutdown"
    case tooManyProviderTokenUpdates = "TooManyProviderTokenUpdates"
    case tooManyRequests = "TooManyRequests"

    /// What a reason means for a wake.
    enum Verdict {
        /// The token is gone, since the time that comes with it.
        case gone
        /// This wake will not be taken, however often it is sent.
        case refused
        /// The credentials are not taken: an operator has to look.
        case alarm
        case later
    }

    var verdict: Verdict {
        switch self {
        case .unregistered, .expiredToken: .gone
        case .badDeviceToken, .deviceTokenNotForTopic, .badTopic, .topicDisallowed, .badCollapseID, .badExpirationDate,
            .badMessageID,
            .badPath, .badPriority, .duplicateHeaders, .invalidPushType, .methodNotAllowed, .missingDeviceToken,
            .missingTopic, .payloadEmpty, .payloadTooLarge:
            .refused
        case .badCertificate, .badCertificateEnvironment, .badEnvironmentKeyIDInToken, .expiredProviderToken,
            .forbidden,
            .invalidProviderToken, .missingProviderToken, .unrelatedKeyIDInToken:
            .alarm
        case .idleTimeout, .internalServerError, .serviceUnavailable, .shutdown, .tooManyProviderTokenUpdates,
            .tooManyRequests:
            .later
        }
    }
}
