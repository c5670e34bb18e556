import Sockets
import SocketsTesting

/// Everything at once: a server across all reactors, handlers on reactors and on the task pool, clients
/// that end in every way there is.
///
/// What each scenario tests by itself may still fail in company: a connection that is reset while
/// another is handed its slot, a handler that is cancelled while its reactor closes another.
enum Churn: Scenario {
  static let name = "churn"
  static let summary = "clients of all kinds against a server on all executors"
  static let size = Size.rounds(12_000, brief: 800)

  private static let clients = 24

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let listener = try await TCPListener.bind(to: run.loopback())
    let pattern = Pattern(&random)
    let ends = (0..<5).map { _ in Counter() }
    let bytes = Counter()

    try await withThrowingTaskGroup { group in
      group.addTask { try await serve(listener, run) }
      try await withThrowingTaskGroup { clients in
        for _ in 0..<Self.clients {
          clients.addTask {
            var random = run.generator()
            while run.next() {
              let kind = random.pick(0...4)
              let reactor = try run.reactor(&random)
              let generator = random.split()
              let client = Task(executorPreference: run.home(reactor, &random)) {
                let connection = try await TCPConnection.connect(
                  to: listener.localAddress,
                  on: reactor
                )
                bytes.add(try await talk(connection, pattern, kind, generator))
              }
              if kind == 4 {
                await random.pause()
                client.cancel()
              }
              do {
                try await client.value
              } catch {
                try expect(kind == 4, "only cancelled clients fail", seen: "\(error)")
              }
              ends[kind].add(1)
            }
          }
        }
        try await clients.waitForAll()
      }
      listener.close()
      try await group.waitForAll()
    }
    let names = ["finish", "close", "reset", "drop", "cancel"]
    let counts = zip(names, ends).map { "\($0) \($1.value)" }.joined(separator: ", ")
    run.note("\(bytes.value) bytes echoed; \(counts)")
  }

  /// Echoes until the listener is closed.
  private static func serve(_ listener: TCPListener, _ run: Run) async throws {
    var random = run.generator()
    try await withThrowingDiscardingTaskGroup { group in
      for try await connection in listener.connections {
        group.addTask(executorPreference: run.home(connection.reactor, &random)) {
          do {
            for try await chunk in connection.chunks { try await connection.write(chunk) }
            connection.close()
          } catch let error as SocketError
            where [.connectionReset, .brokenPipe].contains(error.code)
          {
            // Its client has ended abruptly; the handle's end closes.
          }
        }
      }
    }
  }

  /// Writes and reads as much, compares, and ends in one of the ways.
  ///
  /// - Returns: How many bytes came back.
  private static func talk(
    _ connection: TCPConnection,
    _ pattern: Pattern,
    _ kind: Int,
    _ generator: SplitMix64
  ) async throws -> Int {
    var random = generator
    let count = random.oneIn(10) ? random.pick(1...60_000) : random.pick(1...3000)
    let bytes = Array(pattern.bytes(at: 0, count: count))
    async let written: Void = connection.write(bytes)
    try expect(try await connection.read(exactly: count), bytes, "the echo")
    try await written
    switch kind {
    case 0:
      try await connection.finish()
      try expect(try await connection.read(upTo: 1), nil, "the end")
      connection.close()
    case 1: connection.close()
    case 2: connection.reset()
    default: break  // the handle's end closes
    }
    return count
  }
}
