// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "Microbenchmarks",
  dependencies: [
    .package(name: "swift-sockets", path: "../../.."),
    // Without its traits: they count allocations by libraries that are loaded before all others.
    .package(url: "https://github.com/ordo-one/benchmark", exact: "1.38.1", traits: []),
  ],
  targets: [
    .target(name: "CYardsticks"),
    .executableTarget(
      name: "Microbenchmarks",
      dependencies: [
        "CYardsticks",
        .product(name: "Sockets", package: "swift-sockets"),
        .product(name: "Benchmark", package: "benchmark"),
      ],
      // The harness takes the targets in a folder of this name for benchmarks.
      path: "Benchmarks/Microbenchmarks",
      swiftSettings: settings,
      plugins: [.plugin(name: "BenchmarkPlugin", package: "benchmark")]
    ),
  ],
  swiftLanguageModes: [.v6]
)
