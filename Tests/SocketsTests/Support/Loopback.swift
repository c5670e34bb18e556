import Glibc
import Testing

@testable import Sockets

/// The address families that a behaviour is shown over.
enum Family: CaseIterable, Sendable {
  case ipv4, ipv6

  /// The loopback address, with port 0: the kernel chooses.
  var loopback: SocketAddress {
    switch self {
    case .ipv4: .loopback(port: 0)
    case .ipv6: .loopbackIPv6(port: 0)
    }
  }
}

/// Two connected ends, on a reactor that nobody else uses: so its counts are exact.
struct Pair<Transport: StreamTransport>: Sendable {
  let reactor: Reactor
  let near: SocketConnection<Transport>
  let far: SocketConnection<Transport>
}

/// Lends a connected pair and closes both ends on every path.
///
/// - Parameters:
///   - family: The address family.
///   - kernel: The system calls of its reactor.
///   - body: What to do with it.
/// - Returns: The body's result.
/// - Throws: The body's error, or why there is no pair.
func withPair<Result>(
  _ family: Family = .ipv4,
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (Pair<TCP>) async throws -> Result
) async throws -> Result {
  let reactor = try Reactor(name: "pair", kernel: kernel)
  let (near, far) = try await TCPConnection.pair(over: family.loopback, on: reactor)
  defer {
    near.close()
    far.close()
  }
  return try await body(Pair(reactor: reactor, near: near, far: far))
}

/// Lends a listener on a reactor of its own and closes it on every path.
///
/// - Parameters:
///   - address: Where it listens.
///   - backlog: How many clients the kernel queues for it.
///   - kernel: The system calls of its reactor.
///   - body: What to do with it.
/// - Returns: The body's result.
/// - Throws: The body's error, or why there is no listener.
func withListener<Result>(
  to address: SocketAddress = .loopback(port: 0),
  backlog: Int? = nil,
  kernel: Kernel = .linux,
  _ body: nonisolated(nonsending) (TCPListener, Reactor) async throws -> Result
) async throws -> Result {
  let reactor = try Reactor(name: "listener", kernel: kernel)
  let listener = try await TCPListener.bind(to: address, backlog: backlog, on: [reactor])
  defer { listener.close() }
  return try await body(listener, reactor)
}

/// Expects long arrays to be the same: without the search for the differences that a plain expectation
/// begins when they are not, and does not end in a test's time.
///
/// - Parameters:
///   - received: What came.
///   - expected: What should have come.
///   - sourceLocation: Where the expectation is.
func expectSame(
  _ received: [UInt8]?,
  _ expected: [UInt8],
  sourceLocation: SourceLocation = #_sourceLocation
) {
  guard received != expected else { return }
  let received = received ?? []
  let count = zip(received, expected).prefix { $0 == $1 }.count
  Issue.record(
    "\(received.count) bytes, not \(expected.count); the first \(count) are right",
    sourceLocation: sourceLocation
  )
}

extension SocketListener {
  /// The descriptor's number.
  var descriptor: Int32 { acceptor.registration.number ?? -1 }
}

extension SocketConnection {
  /// The descriptor's number.
  var descriptor: Int32 { stream.registration.number ?? -1 }
}

extension Pair {
  /// Makes the kernel's buffers small, so that a peer that does not read soon stops the writer.
  ///
  /// - Throws: Why an option could not be set.
  func shrinkBuffers() throws {
    for connection in [near, far] {
      try connection.stream.registration.use { (socket) throws(Errno) in
        try socket.setOption(SOL_SOCKET, SO_SNDBUF, to: 16_384)
        try socket.setOption(SOL_SOCKET, SO_RCVBUF, to: 32_768)
      }
    }
  }
}
