/// Whose tokens count no more.
public enum TokenOwner: Hashable, Sendable {
    /// Those of all its devices.
    case user(UserName)
    case device(DeviceAddress)
    case service(ServiceName)
}
