// swift-tools-version: 6.2
import PackageDescription

// Every module of ours is compiled alike: existentials are spelled `any`, imports are internal unless
// they are part of the public face, and each use of unsafe memory carries the word `unsafe`.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
]

func module(_ name: String, _ dependencies: [Target.Dependency], embedding resources: [Resource] = []) -> Target {
    .target(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

let package = Package(
    name: "memvec",
    products: [
        .library(name: "MemVec", targets: ["MemVec"]),
        .library(name: "MemVecS3", targets: ["S3Vectors"]),
        .library(name: "MemVecText", targets: ["Text"]),
        // For those who bring along an index or a policy (docs/extending.md).
        .library(name: "MemVecParts", targets: ["Index", "Router", "Tiers", "Storage", "Vectors"]),
        .executable(name: "memvec", targets: ["CLI"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
        .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.1"),
        .package(url: "https://github.com/HdrHistogram/hdrhistogram-swift", from: "0.2.0"),
    ],
    targets: [
        // Doors to C and C++. Nothing but the module named beside each may import it.
        .systemLibrary(name: "CLMDB", pkgConfig: "lmdb", providers: [.apt(["liblmdb-dev"])]),  // Storage
        .target(  // Index
            name: "CFaiss", dependencies: ["CKernels"], cxxSettings: [.headerSearchPath("openmp")],
            linkerSettings: [
                .linkedLibrary("faiss"), .linkedLibrary("openblas"), .linkedLibrary("gomp"),
                .linkedLibrary("stdc++"),
            ]),
        .target(  // Vectors
            name: "CJSON", linkerSettings: [.linkedLibrary("simdjson"), .linkedLibrary("stdc++")]),
        .target(name: "CCurl", linkerSettings: [.linkedLibrary("curl")]),  // S3Vectors
        .target(name: "CKernels"),
        .target(name: "CTransformer", linkerSettings: [.linkedLibrary("openblas")]),  // Text
        .systemLibrary(name: "CStemmer", providers: [.apt(["libstemmer-dev"])]),  // Analysis
        // It gives CMarkup the folder of libxml2's headers.
        .systemLibrary(name: "CLibXML", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(name: "CMarkup", dependencies: ["CLibXML"]),  // Text
        .systemLibrary(name: "CCompression", providers: [.apt(["libbz2-dev", "zlib1g-dev"])]),  // Text
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),  // S3Vectors

        module("Vectors", ["CKernels", "CJSON"]),
        module("Analysis", ["CStemmer"]),  // words of a text: full-text search and marked passages
        module("Storage", ["Analysis", "Vectors", "CLMDB", "CKernels"]),
        module("Tiers", ["Vectors", "Storage", "CKernels"]),
        module("Workload", []),  // seeded traffic, for tests and benchmarks; imports nothing of ours
        module("Index", ["Vectors", "Storage", "CKernels", "CFaiss"]),
        module("Router", ["Analysis", "Vectors", "Storage", "Tiers", "Index", "CKernels"]),
        module("S3Vectors", ["Vectors", "Storage", "Tiers", "CCrypto", "CCurl"]),
        module("MemVec", ["Analysis", "Vectors", "Storage", "Tiers", "Index", "Router"]),
        module(
            "Text", ["MemVec", "S3Vectors", "Analysis", "Vectors", "CTransformer", "CMarkup", "CCompression"]),
        module(
            "Server",
            [
                "Text", "MemVec", "S3Vectors", "Storage", "Vectors",
                .product(name: "CoreMetrics", package: "swift-metrics"),
                .product(name: "Hummingbird", package: "hummingbird"),
                .product(name: "HummingbirdCore", package: "hummingbird"),
            ],
            // Part of the program, which is one file.
            embedding: [
                "index.html", "style.css", "icon.svg", "app.js", "charts.js", "collection.js", "documents.js",
                "explain.js", "overview.js", "page.js", "server.js",
            ].map { .embedInCode("Dashboard/Files/\($0)") } + [.embedInCode("Documents/openapi.json")]),
        module("Formats", ["Vectors"]),  // vector files, for the command line
        .executableTarget(
            name: "CLI",
            dependencies: [
                "Text", "MemVec", "S3Vectors", "Server", "Formats", "Storage", "Vectors", "Workload",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
                .product(name: "Histogram", package: "hdrhistogram-swift"),
            ], swiftSettings: strict),

        .executableTarget(  // an example; a test runs it
            name: "quickstart", dependencies: ["MemVec"], path: "examples/quickstart", swiftSettings: strict),
        .executableTarget(  // the program of docs/getting-started.md; a test runs it
            name: "ten-lines", dependencies: ["MemVec"], path: "examples/ten-lines", swiftSettings: strict),
        .executableTarget(  // tools/bench engine
            name: "EngineBench",
            dependencies: ["MemVec", "Analysis", "Formats", "Router", "Storage", "Tiers", "Vectors", "Workload"],
            path: "Benchmarks/EngineBench", swiftSettings: strict),

        .executableTarget(  // tools/bench router
            name: "RouterBench",
            dependencies: ["MemVec", "Formats", "Router", "Storage", "Vectors", "Workload"],
            path: "Benchmarks/RouterBench", swiftSettings: strict),

        .executableTarget(  // tools/bench wire
            name: "WireBench", dependencies: ["S3Vectors"], path: "Benchmarks/WireBench", swiftSettings: strict),

        .executableTarget(  // tools/bench dollars
            name: "DollarBench",
            dependencies: ["MemVec", "Router", "S3Vectors", "Storage", "Tiers", "Vectors", "Workload"],
            path: "Benchmarks/DollarBench", swiftSettings: strict),

        tests("KernelTests", ["CKernels", "Workload"]),
        tests("VectorsTests", ["Vectors", "Workload"]),
        tests("StorageTests", ["Storage", "Analysis", "Vectors", "ChildProcesses"]),
        tests("TiersTests", ["Tiers", "Storage", "Vectors", "CKernels", "Workload"]),
        .testTarget(
            name: "S3VectorsTests", dependencies: ["S3Vectors", "Vectors", "Tiers", "Workload"],
            exclude: ["Fixtures"], swiftSettings: strict),
        tests("IndexTests", ["Index", "Storage", "Vectors", "CKernels", "CFaiss", "Workload"]),
        tests("RouterTests", ["Router", "Index", "Tiers", "Storage", "Vectors", "Workload"]),
        tests(
            "ServerTests",
            [
                "Server", "Text", "MemVec", "S3Vectors", "Storage", "Tiers", "Vectors",
                .product(name: "CoreMetrics", package: "swift-metrics"),
            ]),
        tests("MemVecTests", ["MemVec", "Analysis", "Index", "Router", "Storage", "Tiers", "Vectors", "Workload"]),
        .executableTarget(  // what the crash tests kill
            name: "CrashWorkload", dependencies: ["MemVec", "Storage", "Workload"], path: "Tests/CrashWorkload",
            swiftSettings: strict),
        .target(name: "ChildProcesses", path: "Tests/ChildProcesses", swiftSettings: strict),
        tests("EndToEnd", ["MemVec", "Storage", "Workload", "CrashWorkload", "ChildProcesses"]),
        tests("AnalysisTests", ["Analysis"]),
        .testTarget(
            name: "TextTests", dependencies: ["Text", "Analysis", "MemVec", "S3Vectors", "Vectors", "Workload"],
            exclude: ["Fixtures"],
            swiftSettings: strict),
        tests("FormatsTests", ["Formats", "Vectors"]),
        tests(
            "CLITests",
            [
                "CLI", "Formats", "MemVec", "Storage", "Vectors", "Workload", "ChildProcesses", "quickstart",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
    ],
    swiftLanguageModes: [.v6],
    cLanguageStandard: .c17,
    cxxLanguageStandard: .cxx17
)
