import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct AdoptionTests {
  /// A descriptor as another library leaves it: blocking, and inherited by children.
  private func foreign(_ family: Int32, _ type: __socket_type, listens: Bool = false) -> Int32 {
    let number = socket(family, Int32(type.rawValue), 0)
    if listens { listen(number, 5) }
    return number
  }

  /// Makes a descriptor blocking and inheritable.
  private func clearFlags(_ number: Int32) {
    _ = fcntl(number, F_SETFL, fcntl(number, F_GETFL) & ~O_NONBLOCK)
    _ = fcntl(number, F_SETFD, 0)
  }

  @Test(arguments: [AF_INET, AF_INET6])
  func `a listener is adopted and serves`(family: Int32) async throws {
    let number = foreign(family, SOCK_STREAM, listens: true)
    let listener = try TCPListener(adopting: OwnedDescriptor(owning: number))
    defer { listener.close() }
    #expect(DescriptorAudit.isCloseOnExec(number) && DescriptorAudit.isNonBlocking(number))
    #expect(listener.localAddress.ip.isUnspecified)
    #expect(listener.localAddress.port != 0)
    let port = listener.localAddress.port
    let client = try await TCPConnection.connect(
      to: family == AF_INET ? .loopback(port: port) : .loopbackIPv6(port: port)
    )
    let accepted = try await listener.accept()
    #expect(accepted.remoteAddress == client.localAddress)
    listener.close()
    client.close()
  }

  @Test func `a connection given away is adopted again, with the bytes not read`() async throws {
    try await withPair { pair in
      try await pair.far.write("hello")
      let (local, remote) = (pair.near.localAddress, pair.near.remoteAddress)
      let number = try pair.near.detach().release()
      #expect(pair.near.isClosed)
      #expect(DescriptorAudit.isCloseOnExec(number))
      clearFlags(number)
      let adopted = try TCPConnection(adopting: OwnedDescriptor(owning: number), on: pair.reactor)
      defer { adopted.close() }
      #expect(DescriptorAudit.isCloseOnExec(number) && DescriptorAudit.isNonBlocking(number))
      #expect(adopted.localAddress == local && adopted.remoteAddress == remote)
      #expect(try await adopted.read(upTo: 100) == Array("hello".utf8))
      try await adopted.write("bye")
      #expect(try await pair.far.read(upTo: 100) == Array("bye".utf8))
    }
  }

  @Test func `a reset that nobody was told of goes with the socket`() async throws {
    try await withEventLog { log in
      try await withPair { pair in
        pair.far.reset()
        try await waitUntil { pair.near.registration.ends.contains(.connection) }
        let number = try pair.near.detach().release()
        defer { close(number) }
        var byte: UInt8 = 0
        #expect(unsafe recv(number, &byte, 1, 0) == -1 && errno == ECONNRESET)
        #expect(log.closings(of: pair.near.registration).map(\.reason) == [.detached])
      }
    }
  }

  @Test func `a connection that was told of a reset is not given away`() async throws {
    try await withPair { pair in
      pair.far.reset()
      await expectError(.connectionReset) { while true { try await pair.near.write([1]) } }
      await expectError(.connectionReset) { _ = try pair.near.detach() }
      await expectError(.connectionReset) { try await pair.near.read(upTo: 1) }
    }
  }

  @Test func `other flags of the descriptor stay`() async throws {
    try await withPair { pair in
      let number = try pair.near.detach().release()
      _ = fcntl(number, F_SETFL, O_ASYNC)
      let adopted = try TCPConnection(adopting: OwnedDescriptor(owning: number))
      defer { adopted.close() }
      let flags = fcntl(number, F_GETFL)
      #expect(flags & O_ASYNC != 0 && flags & O_NONBLOCK != 0)
      _ = fcntl(number, F_SETFL, O_NONBLOCK)
    }
  }

  @Test func `a listener given away keeps its queue`() async throws {
    try await withListener { listener, reactor in
      let client = try await TCPConnection.connect(to: listener.localAddress)
      let descriptor = try listener.detach()
      await expectError(.closed) { try await listener.accept() }
      let adopted = try TCPListener(adopting: descriptor, on: [reactor])
      defer { adopted.close() }
      #expect(adopted.localAddress == listener.localAddress)
      #expect(try await adopted.accept().remoteAddress == client.localAddress)
      client.close()
    }
  }

  @Test func `giving away ends the operations in progress`() async throws {
    try await withPair { pair in
      async let read = outcome { try await pair.near.read(upTo: 1) }
      try await pair.reactor.waitUntilParked(readers: 1)
      _ = try pair.near.detach()
      #expect(await read.code == .closed)
      await expectError(.closed) { _ = try pair.near.detach() }
    }
  }

  @Test func `bytes that a cancelled read has left are not lost by giving away`() async throws {
    try await withPair { pair in
      try await pair.far.write("hello")
      await expectError(.timedOut) {
        try await pair.near.read(exactly: 10, deadline: .now + .milliseconds(10))
      }
      let error = await expectError(.invalidArgument) { _ = try pair.near.detach() }
      #expect(error?.operation == .descriptor)
      #expect(try await pair.near.read(exactly: 5) == Array("hello".utf8))
      _ = try pair.near.detach()
    }
  }

  /// What is offered, what it is adopted as, and what the error says that it is.
  enum Wrong: CaseIterable {
    case idle, listening, udp, unix, seqPacket, file, closed

    var detail: String {
      switch self {
      case .idle: ": IPv4 stream socket, not listening"
      case .listening: ": IPv6 stream socket, listening"
      case .udp: ": IPv4 datagram socket, not listening"
      case .unix: ": AF_UNIX stream socket, not listening"
      case .seqPacket: ": AF_UNIX seqpacket socket, not listening"
      case .file, .closed: "descriptor"
      }
    }
  }

  @Test(arguments: Wrong.allCases)
  func `what is of another kind is refused and closed`(wrong: Wrong) async throws {
    for asListener in [true, false] {
      if wrong == .listening && asListener { continue }
      let number =
        switch wrong {
        case .idle: foreign(AF_INET, SOCK_STREAM)
        case .listening: foreign(AF_INET6, SOCK_STREAM, listens: true)
        case .udp: foreign(AF_INET, SOCK_DGRAM)
        case .unix: foreign(AF_UNIX, SOCK_STREAM)
        case .seqPacket: foreign(AF_UNIX, SOCK_SEQPACKET)
        case .file: unsafe open("/dev/null", O_RDONLY)
        case .closed: Int32(-1)
        }
      let object = DescriptorAudit.object(number)
      let result = await outcome {
        let descriptor = OwnedDescriptor(owning: number)
        if asListener {
          try TCPListener(adopting: descriptor).close()
        } else {
          try TCPConnection(adopting: descriptor).close()
        }
      }
      let error = try #require(result.socketError)
      #expect(error.operation == .adopt)
      switch wrong {
      case .file: #expect(error.errno == ENOTSOCK)
      case .closed: #expect(error.errno == EBADF)
      case .idle where !asListener: #expect(error.code == .notConnected)
      default:
        #expect(error.code == .invalidArgument)
        #expect(error.detail?.contains(wrong.detail) == true, "\(error)")
      }
      if let object, object.hasPrefix("socket:") {
        #expect(try !DescriptorAudit.openObjects().contains(object))
      }
    }
  }

  @Test func `a stopped reactor adopts nothing`() async throws {
    let reactor = try Reactor(name: "stopped")
    await reactor.stop()
    let number = foreign(AF_INET, SOCK_STREAM, listens: true)
    let object = try #require(DescriptorAudit.object(number))
    await expectError(.closed) {
      try TCPListener(adopting: OwnedDescriptor(owning: number), on: [reactor])
    }
    #expect(try !DescriptorAudit.openObjects().contains(object))
  }

  @Test func `numbers above 1023 are numbers like all others`() async throws {
    let low = foreign(AF_INET, SOCK_STREAM, listens: true)
    defer { close(low) }
    let high = fcntl(low, F_DUPFD_CLOEXEC, 1500)
    try #require(high >= 1500)
    let listener = try TCPListener(adopting: OwnedDescriptor(owning: high))
    defer { listener.close() }
    let client = try await TCPConnection.connect(to: .loopback(port: listener.localAddress.port))
    #expect(try await firstReady(of: [listener.acceptable]) == [listener.acceptable])
    #expect(try await listener.accept().remoteAddress == client.localAddress)
    client.close()
  }

  @Test func `of several who detach a socket at once, one has it`() async throws {
    for _ in 0..<100 {
      let (near, far) = try await TCPConnection.pair()
      let owners = await withTaskGroup(of: Int32?.self) { group in
        for _ in 0..<3 { group.addTask { try? near.detach().release() } }
        group.addTask {
          near.reset()
          return nil
        }
        var owners: [Int32] = []
        for await owner in group { if let owner { owners.append(owner) } }
        return owners
      }
      #expect(owners.count <= 1)
      for owner in owners {
        // A reset that came too late leaves it as it was.
        let connection = try TCPConnection(adopting: OwnedDescriptor(owning: owner))
        try await connection.write([7])
        connection.close()
        #expect(try await far.read(upTo: 8) == [7])
        #expect(try await far.read(upTo: 8) == nil)
      }
      far.close()
    }
  }
}
