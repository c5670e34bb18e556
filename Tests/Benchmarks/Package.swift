// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// One of the servers under test.
func server(_ name: String, _ products: [Target.Dependency]) -> Target {
  .executableTarget(
    name: name,
    dependencies: ["Command"] + products,
    swiftSettings: settings
  )
}

let package = Package(
  name: "Benchmarks",
  dependencies: [
    .package(name: "swift-sockets", path: "../.."),
    .package(url: "https://github.com/apple/swift-nio.git", from: "2.101.0"),
    .package(url: "https://github.com/swhitty/FlyingFox.git", from: "0.27.1"),
  ],
  targets: [
    .target(name: "Command", swiftSettings: settings),
    .executableTarget(name: "Floor"),
    .executableTarget(name: "Load"),
    server("SocketsServer", [.product(name: "Sockets", package: "swift-sockets")]),
    server(
      "NIOServer",
      [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
      ]
    ),
    server("FlyingServer", [.product(name: "FlyingSocks", package: "FlyingFox")]),
  ],
  swiftLanguageModes: [.v6]
)
