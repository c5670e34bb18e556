import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ReceiveProxyHeaderTests {
  private static let endpoints = ProxyHeader.Endpoints.ip(
    source: SocketAddress(IPv4Address(192, 0, 2, 1), port: 56324),
    destination: SocketAddress(IPv4Address(198, 51, 100, 7), port: 443)
  )
  static let headers = [
    ProxyHeader(endpoints, version: .v1), ProxyHeader(endpoints), ProxyHeader(.local),
    ProxyHeader(
      endpoints,
      fields: [.uniqueID(pattern(100)), .authority("a.example")],
      hasChecksum: true
    ),
  ]

  @Test(arguments: headers)
  func `a header comes at once, and what follows it is the client's`(
    header: ProxyHeader
  )
    async throws
  {
    try await withPair { pair in
      try await pair.near.write(gathering: [try header.encoded(), Array("hello".utf8)])
      let remoteAddress = pair.far.remoteAddress
      #expect(pair.far.proxyHeader == nil)
      #expect(try await pair.far.receiveHeader() == header)
      #expect(pair.far.proxyHeader == header)
      #expect(pair.far.remoteAddress == remoteAddress)
      // It is read once.
      #expect(try await pair.far.receiveHeader() == header)
      #expect(try await pair.far.read(exactly: 5) == Array("hello".utf8))
    }
  }

  @Test(arguments: headers)
  func `a header may be cut anywhere`(header: ProxyHeader) async throws {
    let bytes = try header.encoded()
    for place in 1..<bytes.count {
      try await withPair { pair in
        let far = pair.far
        async let received = far.receiveHeader()
        try await pair.near.write(bytes[..<place])
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.near.write(Array(bytes[place...]) + [1, 2, 3])
        #expect(try await received == header)
        #expect(try await far.read(exactly: 3) == [1, 2, 3])
      }
    }
  }

  @Test(arguments: headers)
  func `a header may come byte by byte`(header: ProxyHeader) async throws {
    try await withPair { pair in
      let (far, bytes) = (pair.far, try header.encoded())
      async let received = far.receiveHeader()
      for (index, byte) in bytes.enumerated() {
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.near.write([byte])
        if index < bytes.count - 1 {
          // The byte has been taken from the kernel: it is in the connection's own buffer.
          try await waitUntil {
            pair.reactor.statistics.parkedReaders == 1
              && far.stream.buffer.withLock { $0.count } == index + 1
          }
        }
      }
      #expect(try await received == header)
      #expect(!far.stream.buffer.withLock { $0.count > 0 })
    }
  }

  @Test func `a header that comes in one piece costs two calls`() async throws {
    let calls = Counter()
    let real = SystemCalls()
    var table = real
    unsafe table.recv = {
      calls.increment()
      return unsafe real.recv($0, $1, $2)
    }
    for header in Self.headers.prefix(3) {
      try await withPair(kernel: Kernel(table)) { pair in
        try await pair.near.write(header)
        try await waitUntil { DescriptorAudit.isReadable(pair.far.descriptor) }
        let before = calls.value
        #expect(try await pair.far.receiveHeader() == header)
        #expect(calls.value - before == 2)
      }
    }
  }

  @Test(arguments: headers)
  func `cancelled or out of time amid a header, nothing is lost`(header: ProxyHeader) async throws {
    try await withPair { pair in
      let (far, bytes) = (pair.far, try header.encoded())
      let half = bytes.count / 2
      let waiting = Task { try await far.receiveHeader() }
      try await pair.near.write(bytes[..<half])
      try await waitUntil { far.stream.buffer.withLock { $0.count } == half }
      waiting.cancel()
      await #expect(throws: CancellationError.self) { try await waiting.value }
      await expectError(.timedOut) {
        try await far.receiveProxyHeader(deadline: .now + .milliseconds(20))
      }
      await expectError(.timedOut) { try await far.receiveProxyHeader(deadline: .now) }
      try await pair.near.write(bytes[half...])
      #expect(try await far.receiveHeader() == header)
    }
  }

  @Test func `what is left of a header that was given up can be read`() async throws {
    try await withPair { pair in
      try await pair.near.write("PROXY TC")
      await expectError(.timedOut) {
        try await pair.far.receiveProxyHeader(deadline: .now + .milliseconds(20))
      }
      #expect(try await pair.far.read(exactly: 8) == Array("PROXY TC".utf8))
    }
  }

  @Test func `a header of the greatest length passes through a small buffer`() async throws {
    let field = ProxyHeader.Field(.init(rawValue: 0xE0), pattern(65_535 - 15))
    let header = ProxyHeader(Self.endpoints, fields: [field])
    try await withPair { pair in
      try pair.shrinkBuffers()
      let near = pair.near
      async let sent: Void = near.write(gathering: [try header.encoded(), [42]])
      #expect(try await pair.far.receiveHeader(maximumLength: 65_551) == header)
      #expect(try await pair.far.read(exactly: 1) == [42])
      try await sent
    }
  }

  @Test func `a peer that does not speak the protocol is refused at its first byte`() async throws {
    for bytes in [Array("G".utf8), [0x16, 3, 1], Array("PROXY TCP4 x\r\n".utf8)] {
      try await withPair { pair in
        try await pair.near.write(bytes)
        let error = await expectError(.invalidProxyHeader) {
          try await pair.far.receiveHeader()
        }
        #expect(error?.operation == .read)
        #expect(error?.remoteAddress as? SocketAddress == pair.near.localAddress)
        #expect(pair.far.proxyHeader == nil)
      }
    }
  }

  @Test func `a header above the limit is refused before it comes`() async throws {
    try await withPair { pair in
      let header = ProxyHeader(Self.endpoints, fields: [.uniqueID(pattern(128))])
      try await pair.near.write(try header.encoded().prefix(16))
      await expectError(.invalidProxyHeader) {
        try await pair.far.receiveHeader(maximumLength: 128)
      }
    }
  }

  @Test func `an end before the header is nil, and one amid it an error`() async throws {
    try await withPair { pair in
      try await pair.near.finish()
      #expect(try await pair.far.receiveHeader() == nil)
      #expect(try await pair.far.receiveHeader() == nil)
      #expect(try await pair.far.read(upTo: 1) == nil)
    }
    for header in Self.headers {
      let bytes = try header.encoded()
      for count in [1, bytes.count / 2, bytes.count - 1] {
        try await withPair { pair in
          try await pair.near.write(bytes[..<count])
          try await pair.near.finish()
          await expectError(.unexpectedEndOfStream) { try await pair.far.receiveHeader() }
          await expectError(.unexpectedEndOfStream) { try await pair.far.receiveHeader() }
        }
      }
    }
  }

  @Test func `a reset amid the header is a reset`() async throws {
    try await withPair { pair in
      let far = pair.far
      async let result = outcome { try await far.receiveHeader() }
      try await pair.near.write("PROXY ")
      try await waitUntil { far.stream.buffer.withLock { $0.count } == 6 }
      pair.near.reset()
      #expect(await result.code == .connectionReset)
    }
  }

  @Test func `a Unix-domain connection takes a header too, and passes its own on`() async throws {
    try await withUnixPair(.abstract) { pair in
      let forwarded = ProxyHeader(forwarding: pair.far)
      guard case .unix(let source, let destination) = forwarded.endpoints else {
        Issue.record("\(forwarded)")
        return
      }
      #expect(source == .unnamed && destination == pair.far.localAddress)
      try await pair.near.write(Self.headers[0])
      #expect(try await pair.far.receiveHeader() == Self.headers[0])
      #expect(ProxyHeader(forwarding: pair.far).source == Self.headers[0].source)
    }
  }

  @Test func `a connection that is passed on is named by its addresses, unmapped`() async throws {
    try await withListener(to: .any(port: 0)) { listener, _ in
      let port = listener.localAddress.port
      let client = try await TCPConnection.connect(to: .loopback(port: port))
      let accepted = try await listener.accept()
      let header = ProxyHeader(forwarding: accepted, version: .v1)
      #expect(header.source == client.localAddress)
      #expect(header.destination == .loopback(port: port))
      // What a header says of the client goes before what the socket says.
      try await client.write(Self.headers[1])
      _ = try await accepted.receiveHeader()
      #expect(ProxyHeader(forwarding: accepted).endpoints == Self.endpoints)
      client.close()
      accepted.close()
    }
  }

  @Test func `descriptors behind a header are not lost`() async throws {
    try await withUnixPair { pair in
      try await pair.near.write(Self.headers[1])
      let descriptor = try OwnedDescriptor(duplicating: pair.near.descriptor)
      try await pair.near.write([1], passing: descriptor)
      #expect(try await pair.far.receiveHeader() == Self.headers[1])
      var batch = DescriptorBatch()
      #expect(try await pair.far.read(upTo: 10, descriptors: &batch) == [1])
      #expect(batch.count == 1)
    }
  }
}

extension SocketConnection {
  /// Receives a header with the patience that a loaded machine needs.
  fileprivate func receiveHeader(
    maximumLength: Int = ProxyHeader.defaultMaximumLength
  ) async throws -> ProxyHeader? {
    try await receiveProxyHeader(maximumLength: maximumLength, deadline: .now + .seconds(60))
  }
}
