public import RestanteCore

/// What a token that has been verified says.
public struct TokenClaims: Sendable, Equatable {
    /// For whom it speaks.
    public enum Bearer: Sendable, Equatable {
        /// A user's device: may connect.
        case device(DeviceAddress)
        /// The app's backend: may do what its scopes say.
        case service(ServiceName)
    }

    public var bearer: Bearer
    /// Of a service.
    public var scopes: TokenScopes
    /// `iat`, in seconds since the epoch.
    public var issuedAt: Int64
    /// `exp`, in seconds since the epoch.
    public var expiresAt: Int64

    public init(bearer: Bearer, scopes: TokenScopes = [], issuedAt: Int64, expiresAt: Int64) {
        self.bearer = bearer
        self.scopes = scopes
        self.issuedAt = issuedAt
        self.expiresAt = expiresAt
    }
}

/// Why a token was refused. One value on purpose: whoever presents a bad token learns nothing about what is wrong.
public struct TokenRefused: Error, Sendable, Equatable {}
