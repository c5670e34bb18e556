import Sockets

/// A12, hazards 6, 39: the peer ends its side after the request, and then takes its time to read a long
/// reply.
///
/// A library that takes the peer's end for a hang-up closes, or wakes the writer without end while the
/// peer does not read. Here the end is read again and again, the writer sleeps, the reply arrives.
enum HalfClose: Scenario {
  static let name = "A12"
  static let summary = "a half-closed peer gets the whole reply"
  static let size = Size.rounds(400, brief: 50)

  private static let reply = 1 << 20

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let listener = try await TCPListener.bind(to: run.loopback())
    let pattern = Pattern(&random)
    var mostWoken: UInt64 = 0
    while run.next() {
      let (client, server) = try await run.pair(through: listener, on: run.reactor(&random))
      let home = run.home(server.reactor, &random)
      let serving = Task(executorPreference: home) {
        try expect(try await server.read(exactly: 4), [1, 2, 3, 4], "the request")
        for _ in 0..<3 { try expect(try await server.read(upTo: 9), nil, "the request's end") }
        for position in stride(from: 0, to: reply, by: 1 << 15) {
          try await server.write(pattern.bytes(at: position, count: 1 << 15))
        }
        try await server.finish()
        try await server.finish()
        try expect(try await server.read(upTo: 9), nil, "the request's end, still")
      }
      try await client.write([1, 2, 3, 4])
      try await client.finish()
      if random.oneIn(4) {
        let isParked = await eventually { Statistics.all.contains { $0.parkedWriters == 1 } }
        try expect(isParked, "the writer is parked", seen: Statistics.text)
        let returns = Statistics.epollReturns
        try await Task.sleep(for: .milliseconds(2))
        mostWoken = max(mostWoken, Statistics.epollReturns - returns)
        try expect(mostWoken < 20, "the writer sleeps", seen: "\(mostWoken) epoll returns")
      }
      var received = 0
      while let bytes = try await client.read(upTo: random.pick(1...65_000)) {
        try pattern.check(bytes, at: received)
        received += bytes.count
      }
      try expect(received, reply, "bytes of the reply")
      try await serving.value
      client.close()
      server.close()
    }
    listener.close()
    run.note("\(min(run.begun.value, run.rounds)) replies of \(reply) bytes")
  }
}
