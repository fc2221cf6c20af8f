import FaultKit
import RestanteClient
import RestanteCore

extension LedgerLife {
    /// Messages without an answer, beyond which a device sends nothing new.
    private static let mostUnanswered = 16
    private static let mostGuests = 2

    /// One thing that a user might do.
    func step(_ device: LedgerDevice, _ tasks: inout Tasks, _ guests: inout Tasks) async {
        switch Int.random(in: 0..<100, using: &generator) {
        case ..<66: await sendNew(device, &tasks)
        case ..<74: if let message = earlier() { tasks.addTask { await device.send(message) } }
        case ..<76: if let message = earlier() { tasks.addTask { await device.sendConflicting(message) } }
        case ..<82: if let message = earlier(amongLast: 4) { tasks.addTask { await device.cancel(message) } }
        case ..<86: changeGroup(device, &tasks)
        case 86: link(&guests)
        case 87: unlink(device, &tasks)
        default: break
        }
    }

    private func earlier(amongLast count: Int = .max) -> Int? {
        let chance = generator.next()
        return world.book.with { book in
            let accepted = book.readers[number].accepted
            guard !accepted.isEmpty else { return nil }
            return accepted[accepted.count - 1 - Int(chance % UInt64(min(count, accepted.count)))]
        }
    }

    // MARK: Sending

    private func sendNew(_ device: LedgerDevice, _ tasks: inout Tasks) async {
        // Drawn whether it is sent or not, so that the seed decides as much as it can.
        var message = LedgerMessage(id: LedgerWorld.id(&generator), author: number, recipient: recipient())
        message.bytes = Int.random(in: 0...(generator.once(in: 50) ? 40_000 : 300), using: &generator)
        message.wantsReceipt = generator.once(in: 3)
        message.timeToLive = generator.once(in: 10) ? Int.random(in: 1...20, using: &generator) : nil
        let isSealed = generator.once(in: 6)
        guard world.book.with({ $0.readers[number].unanswered.count }) < Self.mostUnanswered else { return }
        if isSealed, case .user(let user) = message.recipient {
            guard case .devices(let list)? = try? await device.client.request(.devices(of: user)) else { return }
            let parts = list.devices.filter { DeviceAddress(user: user, device: $0) != address }
            guard !parts.isEmpty else { return }
            (message.parts, message.devicesVersion) = (parts, list.version)
            // All parts together are as large as one message may be.
            message.bytes = min(message.bytes, 5000)
        }
        let submitted = message
        let place = world.book.with { $0.submits(submitted) }
        tasks.addTask { await device.send(place) }
    }

    private func recipient() -> Recipient {
        switch Int.random(in: 0..<10, using: &generator) {
        case ..<4: .user(pick(world.users))
        case ..<6: .device(pick(world.permanent))
        case ..<8: .group(LedgerWorld.core)
        default: .group(pick(world.clubs))
        }
    }

    private func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &generator)]
    }

    // MARK: Groups and devices

    /// What the rules of membership refuse, or of which the answer is lost, the database tells in the end.
    private func changeGroup(_ device: LedgerDevice, _ tasks: inout Tasks) {
        let (club, other) = (pick(world.clubs), pick(world.users))
        let request: Request =
            switch Int.random(in: 0..<20, using: &generator) {
            case ..<4: .createGroup(club, members: [other, pick(world.users)])
            case ..<10: .addMembers(club, [other, pick(world.users)])
            case ..<14: .removeMembers(club, [other])
            case ..<17: .leaveGroup(club)
            case ..<19: .setRole(club, other, generator.once(in: 2) ? .admin : .member)
            default: .deleteGroup(club)
            }
        tasks.addTask { _ = try? await device.client.request(request) }
    }

    /// A new device of the user, under a name that was never used before.
    private func link(_ tasks: inout Tasks) {
        guard number < world.permanent.count, guests.count < Self.mostGuests else { return }
        guestsMade += 1
        let guest = DeviceAddress(
            user: address.user, device: DeviceName(unchecked: "guest\(guestsMade) of \(address.device)"))
        guests.append(guest)
        let number = world.book.with { $0.adds(guest, isPermanent: false) }
        let (own, clients) = (generator.child(), Int.random(in: 1...4, using: &generator))
        tasks.addTask { [world] in
            try await LedgerLife(world, number, guest, own).live(clients: clients)
        }
    }

    private func unlink(_ device: LedgerDevice, _ tasks: inout Tasks) {
        guard !guests.isEmpty else { return }
        let guest = guests.removeFirst()
        tasks.addTask { _ = try? await device.client.request(.unlink(guest)) }
    }
}
