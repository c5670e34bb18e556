import SocketsTesting
import Testing

@testable import Sockets

/// The snippets of the article on cancellation and deadlines, run.
@Suite(.timeLimit(.minutes(1))) struct CancellationAndDeadlinesTests {
  @Test func `a read of one call`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("hello")
      do {
        let reply = try await connection.read(exactly: 5, deadline: .now + .seconds(1))
        note("\(reply ?? [])")
      } catch let error as SocketError where error.code == .timedOut {
        note("nothing within a second; what has come so far is still there")
      }
    }
  }

  @Test func `a write that was cut short goes on behind what went out`() async throws {
    try await withPair { pair in
      let connection = pair.near
      let page = pattern(8 << 20)
      let deadline = ContinuousClock.now  // so it takes what the kernel has room for
      func send() async throws {
        do {
          try await connection.write(page, deadline: deadline)
        } catch let error as SocketError where error.code == .timedOut {
          let left = page.dropFirst(error.bytesWritten ?? 0)
          try await connection.write(left)
        }
      }
      async let received = pair.far.read(exactly: page.count)
      try await send()
      expectSame(try await received, page)
    }
  }

  @Test func `many steps, and a peer that may go`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("ann\n")
      let user = try await withDeadline(in: .seconds(5)) {
        try await connection.write("whoami\n")
        return try await connection.read(until: UInt8(ascii: "\n"))
      }
      #expect(user == Array("ann".utf8))

      @Sendable func render() async throws -> String { "page" }
      let page = try await connection.withCancellationOnDisconnect { try await render() }
      #expect(page == "page")
    }
  }

  @Test func `limits of a connection`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    @Sendable func serve() async throws {
      let limits = ConnectionLimits(idle: .seconds(30), lifetime: .seconds(600))
      try await listener.serve(limits: limits) { connection in
        for try await line in connection.lines() { try await connection.write("\(line)\n") }
      }
    }
    async let served: Void = serve()
    let client = try await TCPConnection.connect(to: listener.localAddress)
    try await client.write("hello\n")
    #expect(try await client.read(exactly: 6) == Array("hello\n".utf8))
    client.close()
    listener.close()
    try await served
  }

  @Test func `a heartbeat ends with its group`() async throws {
    try await withPair { pair in
      let connection = pair.near
      await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          while true {
            try await Reactor.sleep(for: .seconds(20))
            try await connection.write("ping\n", deadline: .now + .seconds(5))
          }
        }
        group.cancelAll()
      }
    }
  }

  @Test func `connecting is tried again until a deadline`() async throws {
    try await withListener { listener, _ in
      let address = listener.localAddress
      let connection = try await withDeadline(in: .seconds(10)) {
        try await connectPatiently(to: address)
      }
      connection.close()
    }
    let address = try await unusedAddress()
    await #expect(throws: CancellationError.self) {
      try await withDeadline(in: .milliseconds(20)) { try await connectPatiently(to: address) }
    }
  }

  @Test func `the first of two connections, or the second if the first is refused`() async throws {
    try await withListener { listener, _ in
      let (near, far) = (try await unusedAddress(), listener.localAddress)
      let first = await withTaskGroup(of: TCPConnection?.self) { group in
        group.addTask { try? await TCPConnection.connect(to: near) }
        group.addTask {
          try? await Reactor.sleep(for: .milliseconds(200))
          return try? await TCPConnection.connect(to: far)
        }
        defer { group.cancelAll() }
        for await connection in group where connection != nil { return connection }
        return nil
      }
      #expect(first?.remoteAddress == far)
    }
  }

  @Test func `last words of a cancelled task`() async throws {
    try await withPair { pair in
      let connection = pair.near
      let task = Task {
        try? await untilCancelled()
        await #expect(throws: CancellationError.self) { try await connection.write("unsaid") }
        let deadline = ContinuousClock.now + .seconds(1)
        let goodbye = Task { try await connection.write("goodbye\n", deadline: deadline) }
        try? await goodbye.value
      }
      task.cancel()
      await task.value
      let heard = try await pair.far.read(exactly: 8)
      #expect(heard == Array("goodbye\n".utf8))
    }
  }
}

/// What a program does with a line for its log.
private func note(_ line: String) {}

/// An address at which nobody listens.
private func unusedAddress() async throws -> SocketAddress {
  try await unusedAddress(at: .loopback(port: 0)) { try await TCPListener.bind(to: $0).close() }
}

func connectPatiently(to address: SocketAddress) async throws -> TCPConnection {
  var pause = Duration.milliseconds(50)
  while true {
    do {
      return try await TCPConnection.connect(to: address, deadline: .now + .seconds(2))
    } catch let error as SocketError {
      note("\(error)")
      try await Reactor.sleep(for: pause)
      pause = min(pause * 2, .seconds(1))
    }
  }
}
