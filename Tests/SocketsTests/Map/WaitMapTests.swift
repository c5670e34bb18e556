import CSockets
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on waiting, and on the process.
@Suite(.timeLimit(.minutes(1))) struct WaitMapTests {
  @Test func `the first of several`() async throws {
    try await withListener { listener, _ in
      try await withPair { pair in
        let connection = pair.near
        try await pair.far.write("hello")
        // map: select
        let ready = try await firstReady(of: [listener.acceptable, connection.readable])
        // end
        #expect(ready == [connection.readable])
        // map: FD_ISSET
        let mayRead = ready.contains(connection.readable)
        // end
        #expect(mayRead)
      }
    }
  }

  @Test func `a task for each socket`() async throws {
    try await withPair { pair in
      let (connection, bytes) = (pair.near, Counter())
      let received = { @Sendable (chunk: [UInt8]) in for _ in chunk { bytes.increment() } }
      try await pair.far.write("hello")
      try await pair.far.finish()
      try await withThrowingTaskGroup(of: Void.self) { group in
        // map: WSAAsyncSelect
        group.addTask { for try await chunk in connection.chunks { received(chunk) } }
        // end
        try await group.waitForAll()
      }
      #expect(bytes.value == 5)
    }
  }

  @Test func `a task on the thread that waits in epoll`() async throws {
    try await withPair { pair in
      let connection = pair.near
      let echo = { @Sendable (connection: TCPConnection) async throws in
        for try await chunk in connection.chunks { try await connection.write(chunk) }
      }
      try await pair.far.write("hello")
      try await pair.far.finish()
      try await withThrowingTaskGroup(of: Void.self) { group in
        // map: epoll_create
        group.addTask(executorPreference: connection.reactor) { try await echo(connection) }
        // end
        try await group.waitForAll()
      }
      #expect(try await pair.far.read(exactly: 5) == Array("hello".utf8))
    }
  }

  @Test func `descriptors of other kinds`() async throws {
    let reactor = try Reactor()
    let descriptor = Int32(csockets_eventfd(1, 0))
    // map: eventfd
    try await reactor.waitUntilReadable(descriptor)
    // end
    #expect(DescriptorAudit.isReadable(descriptor))
    close(descriptor)
  }

  @Test func `an operation under way`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("answer")
      // map: WSAGetOverlappedResult
      async let reply = connection.read(upTo: 4096)
      try await connection.write("question")
      let bytes = try await reply
      // end
      #expect(bytes == Array("answer".utf8))
    }
  }

  @Test func `an operation is given up with its task`() async throws {
    try await withPair { pair in
      let connection = pair.near
      // map: CancelIoEx
      let reading = Task { try await connection.read(upTo: 4096) }
      reading.cancel()
      // end
      #expect(await reading.result.isCancellation)
    }
  }

  @Test func `one time limit for several steps`() async throws {
    try await withPair { pair in
      let connection = pair.near
      let ask = { @Sendable (connection: TCPConnection) async throws in
        try await connection.write("question")
        return try await connection.read(upTo: 4096)
      }
      try await pair.far.write("answer")
      // map: alarm
      let answer = try await withDeadline(in: .seconds(5)) { try await ask(connection) }
      // end
      #expect(answer == Array("answer".utf8))
      await #expect(throws: CancellationError.self) {
        try await withDeadline(in: .milliseconds(5)) { try await ask(connection) }
      }
    }
  }

  @Test func `work that ends when the peer is gone`() async throws {
    try await withPair { pair in
      let connection = pair.near
      let (database, silent) = try UnixConnection.pair()
      defer { for end in [database, silent] { end.close() } }
      let render = { @Sendable () async throws in _ = try await database.read(upTo: 1) }
      pair.far.close()
      await #expect(throws: CancellationError.self) {
        // map: poll with POLLRDHUP
        try await connection.withCancellationOnDisconnect { try await render() }
        // end
      }
      #expect(!connection.isClosed)
    }
  }

  /// Sends the signal to this process, whose threads of the task pool block it: the first time only, since
  /// a second one would end the process.
  private static let sendSignal: Void = { kill(getpid(), SIGTERM) }()

  @Test func `signals that end the program`() async throws {
    try ShutdownSignal.install()
    Self.sendSignal
    // map: signal for SIGINT and SIGTERM
    let number = try await ShutdownSignal.wait()
    // end
    #expect(number == SIGTERM)
  }
}
