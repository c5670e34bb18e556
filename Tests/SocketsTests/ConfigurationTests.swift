import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// What is chosen before bind and before connect, and the ways past the named options.
@Suite(.timeLimit(.minutes(1))) struct ConfigurationTests {
  private struct Refusal: Error {}

  @Test func `a listener is configured before it is bound`() async throws {
    var port: UInt16?
    let listener = try await TCPListener.bind(to: .loopback(port: 0)) { socket, _ in
      port = try socket._lend { try $0.socket.localAddress().socketAddress?.port }
      try socket.set(.noDelay, to: false)
    }
    defer { listener.close() }
    #expect(port == 0)
    #expect(try !listener.get(.noDelay))
  }

  @Test func `a connection is configured before it is connected`() async throws {
    try await withListener { listener, _ in
      let connection = try await TCPConnection.connect(
        to: listener.localAddress,
        configure: { socket, address in
          #expect(address == listener.localAddress)
          try socket.set(.receiveBufferSize, to: 20_000)
        }
      )
      defer { connection.close() }
      #expect(try connection.get(.receiveBufferSize) == 40_000)
    }
  }

  @Test func `an error of the configuration is the call's and leaves no descriptor`() async throws {
    var seen: String?
    let isRefusal: (any Error) -> Bool = { $0 is Refusal }
    let refuse: (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void = { socket, _ in
      try socket.withUnsafeDescriptor { seen = DescriptorAudit.object($0) }
      throw Refusal()
    }
    await #expect(
      performing: {
        try await TCPListener.bind(to: .loopback(port: 0), configure: refuse)
      },
      throws: isRefusal
    )
    #expect(try !DescriptorAudit.openObjects().contains(try #require(seen)))
    await #expect(
      performing: {
        try await TCPConnection.connect(to: .loopback(port: 1), configure: refuse)
      },
      throws: isRefusal
    )
    #expect(try !DescriptorAudit.openObjects().contains(try #require(seen)))
  }

  @Test func `the scoped connect still takes its body as a trailing closure`() async throws {
    try await withListener { listener, _ in
      let isNoDelay = try await TCPConnection.connect(to: listener.localAddress) {
        try $0.get(.noDelay)
      }
      #expect(isNoDelay)
    }
  }

  @Test func `raw options as numbers and as bytes`() async throws {
    try await withPair { pair in
      let (level, name) = (SOL_TCP, TCP_NODELAY)
      try pair.near.set(.raw(level: level, name: name), to: 0)
      #expect(try !pair.near.get(.noDelay))
      try pair.near.set(.raw(level: level, name: name, capacity: 4), to: [1, 0, 0, 0])
      #expect(try pair.near.get(.noDelay))
      #expect(try pair.near.get(.raw(level: level, name: name, capacity: 64)) == [1, 0, 0, 0])
      #expect(try pair.near.get(.raw(level: level, name: name)) == 1)
    }
  }

  @Test func `an unknown option is not supported and named in the error`() async throws {
    try await withPair { pair in
      let error = await expectError(.notSupported) {
        try pair.near.get(.raw(level: SOL_TCP, name: 9999))
      }
      #expect(error?.errno == ENOPROTOOPT)
      #expect(error?.detail == "option 9999 of level 6")
      #expect(error?.localAddress as? SocketAddress == pair.near.localAddress)
      await expectError(.invalidArgument) {
        try pair.near.set(.raw(level: SOL_TCP, name: TCP_NODELAY), to: 1 << 40)
      }
    }
  }

  @Test func `the two options that would harm a stream are refused, even raw`() async throws {
    try await withPair { pair in
      for name in [SO_ERROR, SO_LINGER] {
        await expectError(.invalidArgument) {
          try pair.near.get(.raw(level: SOL_SOCKET, name: name))
        }
        await expectError(.invalidArgument) {
          try pair.near.set(.raw(level: SOL_SOCKET, name: name, capacity: 8), to: [1, 0, 0, 0, 1])
        }
      }
    }
  }

  @Test func `options of a closed socket are refused`() async throws {
    try await withPair { pair in
      pair.near.close()
      let error = await expectError(.closed) { try pair.near.get(.noDelay) }
      #expect(error?.remoteAddress as? SocketAddress == pair.near.remoteAddress)
      await expectError(.closed) { try pair.near.set(.noDelay, to: true) }
    }
  }

  @Test func `a lent descriptor stays open while it is lent`() async throws {
    try await withPair { pair in
      let isOpen = try pair.near.withUnsafeDescriptor { number in
        pair.near.close()
        return DescriptorAudit.object(number) != nil
      }
      #expect(isOpen)
    }
  }

  @Test func `an option that a script refuses carries the kernel's error`() async throws {
    var calls = SystemCalls()
    let setOption = unsafe calls.setOption
    unsafe calls.setOption = { number, level, name, bytes in
      if (level, name) == (SOL_SOCKET, SO_PRIORITY) { return -Int(EPERM) }
      return unsafe setOption(number, level, name, bytes)
    }
    try await withPair(kernel: Kernel(calls)) { pair in
      let error = await expectError(.permissionDenied) { try pair.near.set(.priority, to: 7) }
      #expect(error?.detail == "SO_PRIORITY")
      #expect(error?.errno == EPERM)
    }
  }

  /// Whether the kernel has multipath TCP, and has it switched on.
  private static let hasMultipath = {
    let probe = socket(AF_INET, Int32(SOCK_STREAM.rawValue), Int32(IPPROTO_MPTCP))
    if probe >= 0 { close(probe) }
    return probe >= 0
  }()

  @Test(.enabled(if: hasMultipath, "the kernel lacks multipath TCP"), arguments: Family.allCases)
  func `multipath TCP where both ends ask for it`(family: Family) async throws {
    let listener = try await TCPListener.bind(to: family.loopback, isMultipath: true)
    defer { listener.close() }
    for isMultipath in [true, false] {
      let client = try await TCPConnection.connect(
        to: listener.localAddress,
        isMultipath: isMultipath
      )
      let accepted = try await listener.accept()
      try await client.write("hello")
      #expect(try await accepted.read(upTo: 100) == Array("hello".utf8))
      try await accepted.write("hello")
      #expect(try await client.read(upTo: 100) == Array("hello".utf8))
      #expect(try accepted.get(.isMultipath) == isMultipath)
      #expect(try client.get(.isMultipath) == isMultipath)
      #expect(try client.get(.noDelay))
      client.close()
      #expect(try await accepted.read(upTo: 100) == nil)
      accepted.close()
    }
  }

  @Test func `fast open on the client's side`() async throws {
    try await withListener { listener, _ in
      try listener.set(.fastOpenQueue, to: 16)
      for _ in 0..<2 {
        let client = try await TCPConnection.connect(
          to: listener.localAddress,
          configure: { socket, _ in
            try socket.set(.fastOpenConnect, to: true)
            #expect(try socket.get(.fastOpenConnect))
          }
        )
        try await client.write("hello")
        let accepted = try await listener.accept()
        #expect(try await accepted.read(upTo: 100) == Array("hello".utf8))
        try await accepted.write("bye")
        #expect(try await client.read(upTo: 100) == Array("bye".utf8))
        client.close()
        accepted.close()
      }
    }
  }
}
