import Glibc
import Testing

@testable import Sockets

/// The snippets of the article on Unix-domain sockets, run.
@Suite(.timeLimit(.minutes(1))) struct UnixSocketsAndDescriptorsTests {
  @Test func `a path with permissions, and who has connected`() async throws {
    try await withDirectory { directory in
      let path = directory + "/socket"
      let address = try UnixAddress.path(path)
      let listener = try await UnixListener.bind(to: address, existing: .replaceStale, mode: 0o600)
      let user = geteuid()
      @Sendable func serve() async throws {
        try await listener.serve { connection in
          guard try connection.peerCredentials.userID == user else { return }
          for try await line in connection.lines() { try await connection.write("\(line)\n") }
        }
      }
      async let served: Void = serve()
      try await UnixConnection.connect(to: .path(path)) { connection in
        try await connection.write("hello\n")
        #expect(try await connection.read(exactly: 6) == Array("hello\n".utf8))
      }
      listener.close()
      try await served
    }
  }

  @Test func `a client of a path`() async throws {
    try await withDirectory { directory in
      let path = directory + "/socket"
      let listener = try await UnixListener.bind(to: .path(path))
      async let echoed: Void = { () async throws in
        let connection = try await listener.accept()
        try await connection.write(try await connection.read(exactly: 5) ?? [])
      }()
      let reply = try await UnixConnection.connect(to: .path(path)) { connection in
        try await connection.write("hello")
        return try await connection.read(exactly: 5)
      }
      #expect(reply == Array("hello".utf8))
      try await echoed
      listener.close()
    }
  }

  @Test func `messages`() async throws {
    let listener = try await SeqPacketListener.bind(to: .unnamed)
    async let served = listener.serve { connection in
      for try await message in connection.messages(upTo: 4_096) {
        try await connection.send(message.payload)
      }
    }
    let client = try await SeqPacketConnection.connect(to: listener.localAddress)
    for message: [UInt8] in [[1, 2], [], [3]] {
      try await client.send(message)
      #expect(try await client.receive(upTo: 8)?.payload == message)
    }
    client.close()
    listener.drain(grace: .seconds(10))
    #expect(try await served.completed == 1)
  }

  @Test func `a file that travels`() async throws {
    let (near, far) = try UnixConnection.pair()
    let number = unsafe open("/dev/null", O_RDONLY | O_CLOEXEC)
    do {
      let connection = near
      let file = OwnedDescriptor(owning: number)
      try await connection.write(Array("log".utf8), passing: file)
    }
    func receive(_ connection: UnixConnection) async throws {
      var descriptors = DescriptorBatch()
      let name = try await connection.read(upTo: 64, descriptors: &descriptors, descriptorLimit: 1)
      guard let file = descriptors.popFirst() else { return }
      #expect(name == Array("log".utf8))
      #expect(file.withUnsafeDescriptor { fcntl($0, F_GETFD) } == FD_CLOEXEC)
    }
    try await receive(far)
  }

  @Test func `a connection that is given away`() async throws {
    let (near, far) = try UnixConnection.pair()
    try await withPair { pair in
      let (helper, client) = (near, pair.near)
      try await helper.write([1], passing: client.detach())
      var descriptors = DescriptorBatch()
      #expect(try await far.read(upTo: 1, descriptors: &descriptors) == [1])
      guard let descriptor = descriptors.popFirst() else {
        Issue.record("no descriptor")
        return
      }
      do {
        let client = try TCPConnection(adopting: descriptor)
        try await client.write("still here")
      }
      #expect(try await pair.far.read(exactly: 10) == Array("still here".utf8))
    }
  }
}
