// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let package = Package(
  name: "swift-sockets",
  products: [
    .library(name: "Sockets", targets: ["Sockets"])
  ],
  targets: [
    .target(name: "CSockets"),
    .target(name: "Sockets", dependencies: ["CSockets"], swiftSettings: settings),
    .target(name: "SampleSupport", path: "Samples/Support", swiftSettings: settings),
    .executableTarget(
      name: "EchoServer",
      dependencies: ["Sockets", "SampleSupport"],
      path: "Samples/EchoServer",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "MinimalEchoServer",
      dependencies: ["Sockets"],
      path: "Samples/MinimalEchoServer",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "EchoClient",
      dependencies: ["Sockets", "SampleSupport"],
      path: "Samples/EchoClient",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "Resolve",
      dependencies: ["Sockets", "SampleSupport"],
      path: "Samples/Resolve",
      name: "UDPEcho",
      dependencies: ["Sockets", "SampleSupport"],
      path: "Samples/UDPEcho",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "torture",
      dependencies: ["Sockets", "SampleSupport"],
      path: "Tests/Torture",
      swiftSettings: settings
    ),
    .executableTarget(
      name: "UnixPeer",
      dependencies: ["Sockets", "SampleSupport"],
      path: "Tests/Smoke/UnixPeer",
      swiftSettings: settings
    ),
    .testTarget(
      name: "SocketsTests",
      dependencies: ["Sockets", "CSockets"],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6]
)
