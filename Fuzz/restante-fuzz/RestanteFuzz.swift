import Dispatch
import FuzzKit
import Glibc

// What libFuzzer calls: its library brings the main of this program. Made and run by `Scripts/fuzz`, which names the
// target in FUZZ_TARGET, since arguments are libFuzzer's own.

private let target: FuzzTarget = {
    guard let target = FuzzTarget(rawValue: getenv("FUZZ_TARGET").map { String(cString: $0) } ?? "") else {
        print("FUZZ_TARGET must be one of \(FuzzTarget.allCases.map(\.rawValue).joined(separator: ", "))")
        exit(64)
    }
    let done = DispatchSemaphore(value: 0)
    Task {
        do { try await FuzzTarget.prepare() } catch { preconditionFailure("\(error)") }
        done.signal()
    }
    // The main thread, which nothing else needs.
    done.wait()
    return target
}()

@_cdecl("LLVMFuzzerTestOneInput")
func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
    target.run(Array(UnsafeBufferPointer(start: bytes, count: size)))
    return 0
}
