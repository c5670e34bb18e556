// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

/// What samples share, or a part of one that is a library by itself.
func part(_ name: String, _ path: String, _ others: Target.Dependency...) -> Target {
  .target(name: name, dependencies: ["Sockets"] + others, path: path, swiftSettings: settings)
}

/// A sample, or a program that the tests drive.
func program(_ name: String, _ path: String, _ others: Target.Dependency...) -> Target {
  .executableTarget(
    name: name,
    dependencies: ["Sockets", "SampleSupport"] + others,
    path: path,
    swiftSettings: settings
  )
}

let package = Package(
  name: "swift-sockets",
  products: [
    .library(name: "Sockets", targets: ["Sockets"]),
    .library(name: "SocketsTesting", targets: ["SocketsTesting"]),
  ],
  targets: [
    .target(name: "CSockets"),
    .target(name: "Sockets", dependencies: ["CSockets"], swiftSettings: settings),
    .target(name: "CSocketsTesting"),
    .target(
      name: "SocketsTesting",
      dependencies: ["Sockets", "CSockets", "CSocketsTesting"],
      swiftSettings: settings
    ),
    part("SampleSupport", "Samples/Support"),
    part("Chat", "Samples/Chat", "SampleSupport"),
    part("HTTP", "Samples/HTTP"),
    part("KeyValue", "Samples/KeyValue", "SampleSupport"),
    program("ChatServer", "Samples/ChatServer", "Chat"),
    program("DescriptorPassing", "Samples/DescriptorPassing"),
    program("EchoClient", "Samples/EchoClient"),
    program("EchoServer", "Samples/EchoServer"),
    program("Handover", "Samples/Handover"),
    program("HTTPServer", "Samples/HTTPServer", "HTTP"),
    program("KeyValueServer", "Samples/KeyValueServer", "KeyValue"),
    program("MinimalEchoServer", "Samples/MinimalEchoServer"),
    program("Netcat", "Samples/Netcat"),
    program("Relay", "Samples/Relay"),
    program("Resolve", "Samples/Resolve"),
    program("UDPEcho", "Samples/UDPEcho"),
    program("FaultPeer", "Tests/Smoke/FaultPeer", "SocketsTesting"),
    program("NetworkPeer", "Tests/Smoke/NetworkPeer"),
    program("ProxyPeer", "Tests/Smoke/ProxyPeer"),
    program("ServicePeer", "Tests/Smoke/ServicePeer"),
    program("FramingEcho", "Tests/Smoke/FramingEcho"),
    program("UnixPeer", "Tests/Smoke/UnixPeer"),
    program("torture", "Tests/Torture", "SocketsTesting"),
    .testTarget(
      name: "SocketsTests",
      dependencies: ["Sockets", "SocketsTesting", "CSockets"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SocketsTestingTests",
      dependencies: ["Sockets", "SocketsTesting"],
      swiftSettings: settings
    ),
    .testTarget(
      name: "SamplesTests",
      dependencies: [
        "Chat", "ChatServer", "HTTP", "HTTPServer", "KeyValue", "Sockets", "SocketsTesting",
      ],
      swiftSettings: settings
    ),
    .testTarget(
      name: "HTTPTests",
      dependencies: ["HTTP", "Sockets"],
      swiftSettings: settings
    ),
  ],
  swiftLanguageModes: [.v6]
)
