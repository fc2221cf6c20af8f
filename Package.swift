// swift-tools-version: 6.2
import PackageDescription

/// Whether `Scripts/fuzz` asks: our code is then instrumented for libFuzzer and AddressSanitizer, what it depends on is not.
let isFuzzing = Context.environment["RESTANTE_FUZZ"] != nil
let instrumented = ["-sanitize=fuzzer,address"]

let strict: [SwiftSetting] =
    [
        .swiftLanguageMode(.v6),
        .enableUpcomingFeature("ExistentialAny"),
        .enableUpcomingFeature("MemberImportVisibility"),
        .enableUpcomingFeature("InternalImportsByDefault"),
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
        .treatAllWarnings(as: .error),
    ] + (isFuzzing ? [.unsafeFlags(instrumented)] : [])

let package = Package(
    name: "restante",
    products: [
        .executable(name: "restante", targets: ["restante"]),
        .executable(name: "restante-bench", targets: ["restante-bench"]),
        .executable(name: "restante-faults", targets: ["restante-faults"]),
        .executable(name: "restante-echo", targets: ["restante-echo"]),
        .library(name: "RestanteClient", targets: ["RestanteClient"]),
        // Preloaded into what is measured.
        .library(name: "CCallCounter", type: .dynamic, targets: ["CCallCounter"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-asn1", from: "1.7.4"),
        .package(url: "https://github.com/apple/swift-certificates", from: "1.21.1"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-nio-http2", from: "1.46.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.6"),
        .package(url: "https://github.com/apple/swift-protobuf", from: "1.39.0"),
        .package(url: "https://github.com/apple/swift-system", from: "1.8.1"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/swift-server/async-http-client", from: "1.37.0"),
        .package(url: "https://github.com/vapor/jwt-kit", from: "5.7.1"),
    ],
    targets: [
        .systemLibrary(
            name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
        .systemLibrary(
            name: "CXXHash", pkgConfig: "libxxhash", providers: [.apt(["libxxhash-dev"])]),
        .target(
            name: "RestanteMigrations", path: "Migrations",
            resources: [
                .embedInCode("0001-initial.sql"), .embedInCode("0002-retention.sql"), .embedInCode("0003-heads.sql"),
                .embedInCode("0004-access.sql"), .embedInCode("0005-owed.sql"),
                .embedInCode("0006-push.sql"),
            ], swiftSettings: strict),
        .target(name: "RestanteCore", swiftSettings: strict),
        // The store's VFS: C, since SQLite calls it.
        .target(name: "CStoreVFS", dependencies: ["CSQLite", "CXXHash"]),
        .target(
            name: "RestanteStore",
            dependencies: [
                "CSQLite", "CStoreVFS", "CXXHash", "RestanteCore", "RestanteMigrations",
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        .target(
            name: "RestanteWire",
            dependencies: [
                "RestanteCore",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            exclude: ["restante.proto"],
            swiftSettings: strict),
        // Prometheus' text format behind swift-metrics, and the names of all metrics.
        .target(
            name: "RestanteMetrics",
            dependencies: [.product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict),
        .target(
            name: "RestanteGateway",
            dependencies: [
                "RestanteCore", "RestanteMetrics", "RestanteWire",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        // Wakes devices through APNs, FCM and Web Push. No store and no gateway in it.
        .target(
            name: "RestantePush",
            dependencies: [
                "RestanteCore",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "DequeModule", package: "swift-collections"),
                .product(name: "HeapModule", package: "swift-collections"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        .target(
            name: "RestanteClient",
            dependencies: [
                "RestanteCore", "RestanteWire",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
        .executableTarget(
            name: "restante",
            dependencies: [
                "RestanteClient", "RestanteCore", "RestanteGateway", "RestanteMetrics", "RestantePush", "RestanteStore",
                "RestanteWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
                .product(name: "HTTPTypes", package: "swift-http-types"),
                .product(name: "SystemPackage", package: "swift-system"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        // Stands in front of malloc, fsync and write in a process, and counts; CCallCounts reads what it has counted.
        .target(name: "CCallCounts"),
        .target(name: "CCallCounter", dependencies: ["CCallCounts"]),
        .executableTarget(
            name: "restante-bench",
            dependencies: [
                "CCallCounts", "CSQLite", "RestanteCore", "RestanteGateway", "RestanteStore", "RestanteWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            swiftSettings: strict),
        // The gateway's WebSocket with an echo behind it, for conformance suites; never part of `restante`.
        .executableTarget(
            name: "restante-echo",
            dependencies: [
                "RestanteGateway", "RestanteWire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "UnixSignals", package: "swift-service-lifecycle"),
            ],
            swiftSettings: strict),
        // Breaks the disk under SQLite for the tests; never part of `restante`.
        .target(name: "CFaultVFS", dependencies: ["CSQLite"]),
        // What `restante-faults` and FaultTests share: disks that fail, and what must hold nevertheless.
        .target(
            name: "FaultKit",
            dependencies: ["CFaultVFS", "RestanteCore", "RestanteStore"],
            swiftSettings: strict),
        .executableTarget(
            name: "restante-faults",
            dependencies: [
                "CFaultVFS", "CSQLite", "FaultKit", "RestanteClient", "RestanteCore", "RestanteGateway",
                "RestanteStore",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        // What `Scripts/fuzz` feeds with bytes, and FuzzTests with its seeds.
        .target(
            name: "FuzzKit",
            dependencies: [
                "RestanteCore", "RestanteGateway", "RestanteWire",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(name: "FuzzTests", dependencies: ["FuzzKit"], swiftSettings: strict),
        // What a store must do, whatever it is made of: Backend.swift lists the stores that are put under it.
        .testTarget(
            name: "StoreConformanceTests", dependencies: ["RestanteCore", "RestanteStore"], swiftSettings: strict),
        .testTarget(name: "RestanteCoreTests", dependencies: ["RestanteCore"], swiftSettings: strict),
        .testTarget(
            name: "RestanteStoreTests",
            dependencies: ["CSQLite", "RestanteCore", "RestanteMigrations", "RestanteStore"],
            swiftSettings: strict),
        .testTarget(
            name: "FaultTests", dependencies: ["CFaultVFS", "FaultKit", "RestanteCore", "RestanteStore"],
            swiftSettings: strict),
        .testTarget(
            name: "RestanteWireTests",
            dependencies: [
                "RestanteCore", "RestanteWire",
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RestanteGatewayTests",
            dependencies: [
                "RestanteCore", "RestanteGateway", "RestanteMetrics", "RestanteWire", "TestKit",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "Logging", package: "swift-log"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
                .product(name: "NIOWebSocket", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RestanteMetricsTests",
            dependencies: ["RestanteMetrics", .product(name: "CoreMetrics", package: "swift-metrics")],
            swiftSettings: strict),
        // What tests of more than one target need.
        .target(
            name: "TestKit",
            dependencies: [
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Tests/TestKit", swiftSettings: strict),
        // Servers that check what the real ones check, for tests.
        .target(
            name: "PushServers",
            dependencies: [
                "RestanteCore", "RestantePush", "TestKit",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            path: "Tests/PushServers", swiftSettings: strict),
        .testTarget(
            name: "RestantePushTests",
            dependencies: [
                "PushServers", "RestanteCore", "RestantePush",
                .product(name: "AsyncHTTPClient", package: "async-http-client"),
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "CryptoExtras", package: "swift-crypto"),
                .product(name: "JWTKit", package: "jwt-kit"),
                .product(name: "NIOConcurrencyHelpers", package: "swift-nio"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
                .product(name: "NIOHTTP2", package: "swift-nio-http2"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
                .product(name: "SwiftASN1", package: "swift-asn1"),
                .product(name: "X509", package: "swift-certificates"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RestanteClientTests",
            dependencies: [
                "RestanteClient", "RestanteCore", "RestanteWire",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ],
            swiftSettings: strict),
        .testTarget(
            name: "RestanteTests",
            dependencies: [
                "RestanteCore", "RestanteGateway", "RestanteMetrics", "restante",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Configuration", package: "swift-configuration"),
                .product(name: "Crypto", package: "swift-crypto"),
            ],
            swiftSettings: strict),
        // What the load generators count by.
        .testTarget(
            name: "RestanteBenchTests",
            dependencies: [
                "RestanteCore", "RestanteWire", "restante-bench",
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "SwiftProtobuf", package: "swift-protobuf"),
            ],
            swiftSettings: strict),
        // Black box: the built binary, over real sockets.
        .testTarget(
            name: "SystemTests",
            dependencies: [
                "CSQLite", "PushServers", "RestanteClient", "RestanteCore", "RestanteGateway", "RestantePush",
                "RestanteWire", "restante", "restante-echo",
                .product(name: "Crypto", package: "swift-crypto"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "Logging", package: "swift-log"),
            ],
            swiftSettings: strict),
    ]
)

// Links only with libFuzzer.
if isFuzzing {
    package.targets += [
        .target(name: "CLibFuzzer", path: "Fuzz/CLibFuzzer"),
        .executableTarget(
            name: "restante-fuzz", dependencies: ["CLibFuzzer", "FuzzKit"], path: "Fuzz/restante-fuzz",
            swiftSettings: strict, linkerSettings: [.unsafeFlags(instrumented)]),
    ]
}
