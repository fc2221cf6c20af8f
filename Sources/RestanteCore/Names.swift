/// A name that people or the app's backend chose: any Unicode text of 1 to ``Limits/nameBytes`` bytes of UTF-8.
///
/// A name is compared byte by byte (no normalisation), never parsed and never spliced into SQL; quotes, emoji and
/// combining marks are just characters. U+0000 is refused, since C strings and the `sqlite3` shell end there.
public protocol Name: RawRepresentable<String>, Hashable, Sendable, CustomStringConvertible, Comparable {
    init(unchecked text: String)
}

extension Name {
    public init?(rawValue: String) {
        guard (1...Limits.nameBytes).contains(rawValue.utf8.count), !rawValue.utf8.contains(0) else { return nil }
        self.init(unchecked: rawValue)
    }

    public var description: String { rawValue }

    public static func == (left: Self, right: Self) -> Bool {
        var (left, right) = (left.rawValue, right.rawValue)
        return left.withUTF8 { left in right.withUTF8 { left.count == $0.count && left.elementsEqual($0) } }
    }

    public static func < (left: Self, right: Self) -> Bool {
        left.rawValue.utf8.lexicographicallyPrecedes(right.rawValue.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        var text = rawValue
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }
}

/// A person (or whatever the app calls an account): the `sub` of its tokens.
public struct UserName: Name {
    public let rawValue: String
    public init(unchecked text: String) { rawValue = text }
}

/// One of a user's devices: the `device` of its tokens. Unique within the user.
public struct DeviceName: Name {
    public let rawValue: String
    public init(unchecked text: String) { rawValue = text }
}

/// A group, named by the client that creates it (a random UUID is a good choice): creating twice is then harmless.
public struct GroupName: Name {
    public let rawValue: String
    public init(unchecked text: String) { rawValue = text }
}

/// The app's own backend, speaking with a service token: the `sub` of that token.
public struct ServiceName: Name {
    public let rawValue: String
    public init(unchecked text: String) { rawValue = text }
}

/// A device, wherever it is: its user and its name.
public struct DeviceAddress: Hashable, Sendable, CustomStringConvertible {
    public var user: UserName
    public var device: DeviceName

    public init(user: UserName, device: DeviceName) {
        self.user = user
        self.device = device
    }

    public var description: String { "\(user)/\(device)" }
}
