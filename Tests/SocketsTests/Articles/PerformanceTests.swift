import Testing

@testable import Sockets

/// The snippets of the article on performance, run.
@Suite(.timeLimit(.minutes(1))) struct PerformanceTests {
  /// Serves with one of the ways, and expects a digest back.
  private func expectDigest(
    _ serve: @escaping @Sendable (TCPListener) async throws -> Void
  ) async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    let served = Task { try await serve(listener) }
    let client = try await TCPConnection.connect(to: listener.localAddress)
    try await client.write([1, 2, 3])
    #expect(try await client.read(upTo: 8) == digest(of: [1, 2, 3]))
    client.close()
    served.cancel()
    _ = await served.result
    listener.close()
  }

  @Test func `handlers on the task pool`() async throws {
    try await expectDigest { listener in
      try await listener.serve(handlers: .taskPool) { connection in
        for try await chunk in connection.chunks { try await connection.write(digest(of: chunk)) }
      }
    }
  }

  @Test func `one step on the task pool`() async throws {
    try await expectDigest { listener in
      let pool = globalConcurrentExecutor
      try await listener.serve { connection in
        for try await chunk in connection.chunks {
          let answer = await withTaskExecutorPreference(pool) { digest(of: chunk) }
          try await connection.write(answer)
        }
      }
    }
  }

  @Test func `a loop over connections, with tasks on their reactors`() async throws {
    try await expectDigest { listener in
      try await withThrowingDiscardingTaskGroup { group in
        for try await connection in listener.connections {
          group.addTask(executorPreference: connection.reactor) { await echo(connection) }
        }
      }
    }
  }
}

/// What the article's handlers compute.
@Sendable private func digest(of bytes: [UInt8]) -> [UInt8] { bytes.reversed() }

@Sendable private func echo(_ connection: TCPConnection) async {
  do {
    for try await chunk in connection.chunks { try await connection.write(digest(of: chunk)) }
  } catch is CancellationError {
    // The server is stopped, perhaps before it has seen that the client is gone.
  } catch {
    Issue.record(error)
  }
}
