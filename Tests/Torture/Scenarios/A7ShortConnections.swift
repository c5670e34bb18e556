import Sockets

/// A7: connections that live for one byte, one after the other, both ends ours.
///
/// What a library forgets with every connection, be it a descriptor, a registration or some memory,
/// is here ten thousandfold at the end.
enum ShortConnections: Scenario {
  static let name = "A7"
  static let summary = "connect, one byte, close: nothing is left behind"
  static let size = Size.rounds(10_000, brief: 600)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let listener = try await TCPListener.bind(to: run.loopback())
    let latencies = Latencies()
    while run.next() {
      let begin = ContinuousClock.now
      let reactor = try run.reactor(&random)
      let byte = UInt8(random.pick(0...255))
      try await Task(executorPreference: run.home(reactor, &random)) {
        let (client, server) = try await run.pair(through: listener, on: reactor)
        try await client.write([byte])
        try expect(try await server.read(upTo: 16), [byte], "the byte")
        client.close()
        try expect(try await server.read(upTo: 16), nil, "the end")
        server.close()
      }.value
      latencies.add(.now - begin)
    }
    listener.close()
    run.note("\(latencies.count) connections, \(latencies.text)")
  }
}
