import SocketsTesting
import Testing

@testable import Sockets

/// Two listeners on one socket: that of this process, and that of what would be its successor.
@Suite(.timeLimit(.minutes(1))) struct HandOverTests {
  private func successor(of listener: TCPListener) throws -> TCPListener {
    try TCPListener(adopting: OwnedDescriptor(duplicating: listener))
  }

  @Test func `the queue is left to the successor, and handlers end in good order`() async throws {
    let old = try await TCPListener.bind(to: .loopback(port: 0))
    async let report = old.serve { connection in
      try await connection.write("ready")
      try await connection.waitUntilDraining()
      #expect(connection.isDraining)
      try await connection.write("bye")
    }
    let client = try await TCPConnection.connect(to: old.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    let new = try successor(of: old)
    #expect(new.localAddress == old.localAddress)
    old.handOver(grace: .seconds(600))
    #expect(old.isClosed)
    // Nothing was done to the socket itself: neither a filter nor an end.
    let second = try await TCPConnection.connect(to: new.localAddress)
    let accepted = try await new.accept()
    #expect(accepted.remoteAddress == second.localAddress)
    #expect(!accepted.isDraining)
    #expect(try await client.read(exactly: 3) == Array("bye".utf8))
    let served = try await report
    #expect(served.accepted == 1 && served.drained == 1)
    await #expect(throws: SocketError.self) { try await old.accept() }
    for connection in [client, second, accepted] { connection.close() }
    new.close()
  }

  @Test func `clients who wait in the queue are accepted by whoever is left`() async throws {
    let old = try await TCPListener.bind(to: .loopback(port: 0))
    let new = try successor(of: old)
    var clients: [TCPConnection] = []
    for _ in 0..<20 { clients.append(try await .connect(to: old.localAddress)) }
    let first = try await old.accept()
    old.handOver(grace: .zero)
    for client in clients.dropFirst() {
      let accepted = try await new.accept()
      #expect(accepted.remoteAddress == client.localAddress)
      accepted.close()
    }
    first.close()
    new.close()
    for client in clients { client.close() }
  }

  @Test func `after the grace, handlers are cancelled`() async throws {
    let old = try await TCPListener.bind(to: .loopback(port: 0))
    let new = try successor(of: old)
    async let report = old.serve { connection in
      try await connection.write("ready")
      _ = try await connection.read(upTo: 1)
    }
    let client = try await TCPConnection.connect(to: old.localAddress)
    #expect(try await client.read(exactly: 5) == Array("ready".utf8))
    old.handOver(grace: .seconds(600))
    old.handOver(grace: .zero)  // a shorter grace counts
    #expect(try await report.cancelled == 1)
    new.close()
    client.close()
  }

  @Test func `a second descriptor is of the same socket, while that is open`() async throws {
    try await withPair { pair in
      let copy = try OwnedDescriptor(duplicating: pair.near)
      let object = try #require(DescriptorAudit.object(pair.near.descriptor))
      copy.withUnsafeDescriptor {
        #expect(DescriptorAudit.object($0) == object)
        #expect(DescriptorAudit.isCloseOnExec($0))
        #expect($0 != pair.near.descriptor)
      }
      pair.near.close()
      await expectError(.closed) { _ = try OwnedDescriptor(duplicating: pair.near) }
      // The peer has not noticed.
      try await pair.far.write("x")
      #expect(!copy.withUnsafeDescriptor { DescriptorAudit.isAtEnd($0) })
    }
  }

  @Test func `a loop over connections ends`() async throws {
    let old = try await TCPListener.bind(to: .loopback(port: 0))
    let new = try successor(of: old)
    let client = try await TCPConnection.connect(to: old.localAddress)
    for try await connection in old.connections {
      connection.close()
      old.handOver(grace: .zero)
    }
    #expect(old.isClosed && !new.isClosed)
    client.close()
    new.close()
  }

  @Test func `the file of a Unix-domain path stays`() async throws {
    try await withDirectory { directory in
      let address = try UnixAddress.path(directory + "/server")
      let old = try await UnixListener.bind(to: address)
      let copy = try OwnedDescriptor(duplicating: old)
      let file = try #require(FileLook(directory + "/server"))
      old.handOver(grace: .zero)
      #expect(FileLook(directory + "/server") == file)
      // The socket still listens.
      let new = try UnixListener(adopting: copy)
      #expect(new.localAddress == address)
      let client = try await UnixConnection.connect(to: address)
      try await new.accept().close()
      #expect(try await client.read(upTo: 1) == nil)
      new.close()
      #expect(FileLook(directory + "/server") == file)
    }
  }

  @Test func `a drain leaves a socket that was adopted to whoever else holds it`() async throws {
    let owner = try await TCPListener.bind(to: .loopback(port: 0))
    for round in 0..<2 {
      let adopted = try successor(of: owner)
      async let report = adopted.serve { try await $0.write("served") }
      let client = try await TCPConnection.connect(to: owner.localAddress)
      #expect(try await client.readAll() == Array("served".utf8))
      adopted.drain(grace: .seconds(600))
      #expect(try await report.accepted == 1, "round \(round)")
    }
    let client = try await TCPConnection.connect(to: owner.localAddress)
    try await owner.accept().close()
    #expect(try await client.read(upTo: 1) == nil)
  }

  @Test func `so it does with a Unix-domain socket`() async throws {
    let owner = try await UnixListener.bind(to: .unnamed)
    let adopted = try UnixListener(adopting: OwnedDescriptor(duplicating: owner))
    adopted.drain(grace: .seconds(600))
    await expectError(.closed) { try await adopted.accept() }
    let client = try await UnixConnection.connect(to: owner.localAddress)
    try await owner.accept().close()
    #expect(try await client.read(upTo: 1) == nil)
  }
}
