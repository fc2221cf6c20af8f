import Foundation
import TestKit
import Testing

@testable import RestanteGateway

/// The memory that a process may have, as its control groups say.
struct ControlGroupsTests {
    /// What there is under the root, what the process's list says, and the limit that comes of it.
    struct Case: Sendable {
        var list: String
        var files: [String: String]
        var limit: Int?
    }

    @Test(arguments: [
        // A service of systemd with MemoryMax, under a slice with less, and with more.
        Case(
            list: "0::/system.slice/restante.service\n",
            files: ["system.slice/restante.service/memory.max": "1000\n", "system.slice/memory.max": "max\n"],
            limit: 1000),
        Case(
            list: "0::/system.slice/restante.service\n",
            files: ["system.slice/restante.service/memory.max": "1000\n", "system.slice/memory.max": "700\n"],
            limit: 700),
        // A container sees its own group as the root.
        Case(list: "0::/\n", files: ["memory.max": "2000\n"], limit: 2000),
        Case(list: "0::/../other\n", files: ["memory.max": "2000\n"], limit: 2000),
        // Version 1.
        Case(
            list: "5:cpu,cpuacct:/docker/a\n4:memory:/docker/a\n",
            files: ["memory/docker/a/memory.limit_in_bytes": "3000\n", "memory/memory.limit_in_bytes": "9000\n"],
            limit: 3000),
        Case(list: "0::/user.slice\n", files: ["user.slice/memory.max": "max\n"], limit: nil),
        Case(list: "", files: [:], limit: nil),
        Case(list: "0::/gone\nnonsense\n", files: [:], limit: nil),
    ])
    func theLeastHolds(_ example: Case) async throws {
        try await TemporaryDirectory.with { (directory: String) in
            for (path, content) in example.files {
                let file = URL(filePath: directory).appending(path: path)
                try FileManager.default.createDirectory(
                    at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
                try content.write(to: file, atomically: true, encoding: .utf8)
            }
            #expect(ControlGroups(list: example.list, root: directory).memoryLimit == example.limit)
        }
    }
}
