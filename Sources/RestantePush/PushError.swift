/// Why a sender cannot be made of what it was given.
public struct PushError: Error, Sendable, CustomStringConvertible {
    /// One sentence that says what to do. Holds no key.
    public var message: String

    public init(_ message: String) { self.message = message }

    public var description: String { message }
}
