import RestanteCore
import RestanteStore

extension SteppedStore: FaultedStore {
    var head: Int64? { position }
}

extension Life {
    /// Connects every device, asks who is in which group, and sends again what has no answer.
    func begin(_ store: SteppedStore) throws {
        for address in Self.addresses { try perform([claim(address)], store) }
        for group in Self.groups { try learnMembers(of: group, store) }
        for letter in promises.unanswered {
            if let command = send(letter.submission, from: letter.sender) { try perform([command], store) }
        }
    }

    private func learnMembers(of group: GroupName, _ store: SteppedStore) throws {
        for user in Self.users {
            guard let device = Self.addresses.first(where: { $0.user == user }),
                case .group(let info)? = try ask(.groupInfo(group), as: device, store)
            else { continue }
            return promises.group(group, has: Set(info.members.map(\.user)))
        }
    }

    func step(_ store: SteppedStore) throws {
        switch numbers.below(40) {
        case 0: try store.sweep()
        case 1: try store.checkpoint()
        case 2: try store.truncateWAL()
        case 3...5: try changeGroup(store)
        default: try perform(batch(), store)
        }
    }

    /// A few commands of different devices.
    private func batch() -> [StoreCommand] {
        var devices = Self.addresses
        devices.shuffle(using: &numbers)
        return devices.prefix(numbers.below(devices.count) + 1).flatMap { command(of: $0) }
    }

    private func command(of address: DeviceAddress) -> [StoreCommand] {
        guard let phone = phones[address] else { return [claim(address)] }
        switch numbers.below(12) {
        case 0:
            phones[address] = nil
            return [.release(phone.session)]
        case 1...2 where phone.isBehind, 3 where phone.isBehind: return [.read(phone.session)]
        case 4...5 where phone.lastTag > phone.askedThrough:
            let tag = UInt64.random(in: (phone.askedThrough + 1)...phone.lastTag, using: &numbers)
            return [acknowledge(address, through: tag)].compactMap { $0 }
        case 6:
            let accepted = promises.letters.values.filter { $0.state == .accepted && $0.sender == address }
            guard let again = accepted.min(by: { $0.number < $1.number }) else { return [] }
            return [send(again.submission, from: address)].compactMap { $0 }
        default:
            return (0...numbers.below(3)).compactMap { _ in send(submission(from: address), from: address) }
        }
    }

    private func submission(from address: DeviceAddress) -> Submission {
        let recipient: Recipient
        let mine = Self.groups.filter { promises.members[$0, default: []].contains(address.user) }
        switch numbers.below(5) {
        case 0: recipient = .device(numbers.pick(Self.addresses.filter { $0 != address }))
        case 1...2 where !mine.isEmpty: recipient = .group(numbers.pick(mine))
        default: recipient = .user(numbers.pick(Self.users.filter { $0 != address.user }))
        }
        let size = numbers.below(20) == 0 ? 20_000 : numbers.below(600)
        let payload = (0..<size).map { _ in UInt8.random(in: 0...255, using: &numbers) }
        let time = StoreClock.wall.now()
        let id = MessageID(
            high: UInt64(time) << 16 | 0x7000 | numbers.next() & 0xFFF, low: 1 << 63 | numbers.next() >> 2)
        return Submission(id: id, to: recipient, content: .payload(payload), receipt: numbers.below(4) == 0)
    }

    private func changeGroup(_ store: SteppedStore) throws {
        let group = numbers.pick(Self.groups)
        let admin = Self.users[0]
        guard let device = phones.keys.filter({ $0.user == admin }).min(by: { $0.description < $1.description }) else {
            return
        }
        let other = numbers.pick(Array(Self.users.dropFirst()))
        if let users = promises.members[group] {
            if users.contains(other) {
                guard try ask(.removeMembers(group, [other]), as: device, store) != nil else { return }
                promises.group(group, has: users.subtracting([other]))
            } else {
                promises.adding(other, to: group)
                guard try ask(.addMembers(group, [other]), as: device, store) != nil else { return }
                promises.group(group, has: users.union([other]))
            }
        } else {
            guard try ask(.createGroup(group, members: [other]), as: device, store) != nil else { return }
            promises.group(group, has: [admin, other])
        }
    }

    /// Everyone reads and acknowledges all that is owed; nothing may be missing, and nothing may come again.
    func readEverything(_ store: SteppedStore) throws {
        for address in Self.addresses {
            try perform([claim(address)], store)
            repeat {
                guard let session = phones[address]?.session else { break }
                try perform([.read(session)], store)
                let last = phones[address]?.lastTag ?? 0
                if let command = acknowledge(address, through: last) { try perform([command], store) }
            } while phones[address]?.isBehind == true
            // Before the next device is claimed: what is committed since was sent by nobody.
            promises.drained(address, phones[address]?.given.compactMap { $0 } ?? [])
        }
    }
}
