import CLibFuzzer
import FuzzKit
import Glibc
import Synchronization

/// libFuzzer on one of the targets: `restante-fuzz TARGET [arguments of libFuzzer]`. Made and run by `Scripts/fuzz`.
@main
struct RestanteFuzz {
    /// What inputs go to: libFuzzer calls a C function, which has no state of its own.
    static let target = Mutex(FuzzTarget.frames)

    static func main() async throws {
        guard CommandLine.arguments.count > 1, let named = FuzzTarget(rawValue: CommandLine.arguments[1]) else {
            let names = FuzzTarget.allCases.map(\.rawValue).joined(separator: "|")
            print("usage: restante-fuzz \(names) [arguments of libFuzzer]")
            exit(64)
        }
        target.withLock { $0 = named }
        try await FuzzTarget.prepare()
        exit(drive())
    }

    /// Hands libFuzzer the arguments but for the target's name.
    private static func drive() -> Int32 {
        let all = UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc))
        let arguments = [all[0]] + all.dropFirst(2) + [nil]
        var count = Int32(arguments.count - 1)
        // libFuzzer keeps the pointer for as long as it runs, and it does not return.
        let copy = UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: arguments.count)
        _ = copy.initialize(from: arguments)
        var start = copy.baseAddress
        return LLVMFuzzerRunDriver(&count, &start, testOneInput)
    }
}

/// libFuzzer's own main, which is linked and not used, wants it under this name.
@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    let target = RestanteFuzz.target.withLock { $0 }
    target.run(Array(UnsafeBufferPointer(start: bytes, count: size)))
    return 0
}
