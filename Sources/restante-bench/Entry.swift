import ArgumentParser
import Dispatch
import Glibc

@main
enum Entry {
    /// Not `async`: for that the runtime ends the first thread and goes on with others, which valgrind does not survive.
    static func main() {
        let arguments = CommandLine.arguments.dropFirst()
        if let name = arguments.first, name == GuardRun.configuration.commandName {
            return GuardRun.main(Array(arguments.dropFirst()))
        }
        Task {
            await RestanteBench.main()
            exit(0)
        }
        dispatchMain()
    }
}
