/// What came of one case.
struct DamageVerdict {
    enum Kind: String, CaseIterable {
        /// All came that is owed.
        case harmless
        /// The start was refused, with what to do.
        case refused
        /// The server ended with what to do, when it came upon the damage.
        case stopped
        /// What is missing was told as a gap.
        case gap
        /// One device was refused, with what to do.
        case device
        /// More was told as missing than is.
        case overtold
        /// The docs say that this cannot be told from what is sound.
        case known
        // Broken promises:
        case silent
        case wrong
        /// What was acknowledged came again (P3).
        case repeated
        /// Refused or ended, and not as damaged or without a remedy.
        case unclear
        case trap
        case hang

        var isBroken: Bool { [.silent, .wrong, .repeated, .unclear, .trap, .hang].contains(self) }
    }

    let kind: Kind
    /// What was damaged.
    let place: String
    let detail: String

    func line(_ number: Int) -> String {
        "\(number)\t\(kind.rawValue)\t\(place)\t\(detail.split(separator: "\n").joined(separator: " "))"
    }

    static func parse(_ line: String) -> (Int, DamageVerdict)? {
        let parts = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 4, let number = Int(parts[0]), let kind = Kind(rawValue: parts[1]) else { return nil }
        return (number, DamageVerdict(kind: kind, place: parts[2], detail: parts[3]))
    }
}
