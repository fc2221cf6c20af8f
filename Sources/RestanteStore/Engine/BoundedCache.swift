/// A dictionary that remembers at most so many values: what was not asked for lately is forgotten.
///
/// Two generations instead of a linked list: a value found in the old one moves to the young one, and when the young one
/// is full the old one is dropped. Everything in it can be read again from the database.
struct BoundedCache<Key: Hashable, Value> {
    private var young: [Key: Value] = [:]
    private var old: [Key: Value] = [:]
    private let capacity: Int

    init(capacity: Int) {
        self.capacity = max(2, capacity) / 2
    }

    subscript(key: Key) -> Value? {
        mutating get {
            if let value = young[key] { return value }
            guard let value = old.removeValue(forKey: key) else { return nil }
            keep(value, for: key)
            return value
        }
        set {
            guard let newValue else {
                young[key] = nil
                old[key] = nil
                return
            }
            keep(newValue, for: key)
        }
    }

    mutating func removeAll() {
        young = [:]
        old = [:]
    }

    private mutating func keep(_ value: Value, for key: Key) {
        if young.count >= capacity {
            old = young
            young = Dictionary(minimumCapacity: capacity)
        }
        young[key] = value
    }
}
