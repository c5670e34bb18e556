import Sockets
import SocketsTesting
import Testing

@testable import KeyValue

/// The key-value server in a simulated network, with faults that real sockets cannot show.
@Suite(.timeLimit(.minutes(1))) struct KeyValueFaultTests {
  private static let server = SocketAddress(IPv4Address(10, 0, 0, 1), port: 6379)

  /// Runs the server while a body runs.
  private func withServer(
    seed: UInt64 = 1,
    _ body: @Sendable (SimulatedNetwork) async throws -> Void
  ) async throws {
    try await SimulatedNetwork.run(seed: seed) { network in
      let listener = try await TCPListener.bind(to: Self.server)
      let server = Server(listener, Database(), nil, Settings())
      async let served = listener.serve { try await server.serve($0) }
      try await body(network)
      listener.drain(grace: .seconds(1))
      _ = try await served
    }
  }

  private static func connect(_ host: UInt8 = 2) async throws -> TCPConnection {
    try await .connect(to: server, from: SocketAddress(IPv4Address(10, 0, 0, host), port: 0))
  }

  /// Asks, and reads a reply of one line.
  private static func ask(_ request: String, _ client: TCPConnection) async throws -> String? {
    try await client.write("\(request)\r\n")
    return try await line(client)
  }

  private static func line(_ client: TCPConnection) async throws -> String? {
    try await client.read(until: "\r\n".utf8).map { String(decoding: $0, as: UTF8.self) }
  }

  @Test(arguments: 1...5)
  func `replies are right and in order, whatever the kernel does with the bytes`(
    seed: UInt64
  ) async throws {
    try await withServer(seed: seed) { network in
      network.links {
        $0.latency = .milliseconds(40)
        $0.jitter = .milliseconds(20)
        $0.loss = 0.05
      }
      network.calls = .everything
      try await withThrowingTaskGroup { group in
        for host in UInt8(2)...5 {
          group.addTask {
            let client = try await Self.connect(host)
            var batch = ""
            for number in 1...50 {
              batch += "SET key\(host) \(number)\r\nINCR all\r\nGET key\(host)\r\n"
            }
            try await client.write(batch)
            var last = 0
            for number in 1...50 {
              #expect(try await Self.line(client) == "+OK")
              let all = try await Self.line(client).flatMap { Int($0.dropFirst()) } ?? 0
              #expect(all > last)
              last = all
              #expect(try await Self.line(client) == "$\("\(number)".count)")
              #expect(try await Self.line(client) == "\(number)")
            }
            client.close()
          }
        }
        try await group.waitForAll()
      }
      let client = try await Self.connect()
      #expect(try await Self.ask("INCR all", client) == ":201")
      client.close()
    }
  }

  @Test(arguments: 1...5)
  func `a reset in the middle of a batch leaves whole commands, and everybody else alone`(
    seed: UInt64
  ) async throws {
    try await withServer(seed: seed) { network in
      network.links { $0.latency = .milliseconds(1) }
      network.calls.shortTransfers = 0.5
      let other = try await Self.connect(3)
      #expect(try await Self.ask("SET mine kept", other) == "+OK")
      let client = try await Self.connect()
      let batch = (1...500).map { "SET a \($0)\r\nSET b \($0)\r\n" }.joined()
      try await client.write(batch)
      for _ in 0..<10 { #expect(try await Self.line(client) == "+OK") }
      network.reset(Self.server.ip, client.localAddress.ip)
      await #expect(throws: SocketError.self) { while try await Self.line(client) != nil {} }
      try await other.write("GET a\r\nGET b\r\nGET mine\r\n")
      var values: [Int] = []
      for _ in 0..<2 {
        _ = try await Self.line(other)
        values.append(try await Self.line(other).flatMap { Int($0) } ?? 0)
      }
      // They were set in turns, and each one whole.
      #expect(0...1 ~= values[0] - values[1])
      _ = try await Self.line(other)
      #expect(try await Self.line(other) == "kept")
      other.close()
    }
  }

  @Test func `a value that a partition cuts in two arrives whole when the network heals`()
    async throws
  {
    try await withServer { network in
      let client = try await Self.connect()
      let value = String(repeating: "0123456789", count: 20_000)
      try await client.write(
        "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$\(value.count)\r\n\(value.prefix(99_999))"
      )
      network.partition(Self.server.ip, client.localAddress.ip)
      async let written: Void = client.write("\(value.dropFirst(99_999))\r\n")
      try await Reactor.sleep(for: .seconds(60))
      // Nobody has seen a part of it.
      let other = try await Self.connect(3)
      #expect(try await Self.ask("GET k", other) == "$-1")
      network.heal()
      try await written
      #expect(try await Self.line(client) == "+OK")
      #expect(try await Self.ask("GET k", other) == "$\(value.count)")
      #expect(try await other.read(exactly: value.count) == Array(value.utf8))
      other.close()
      client.close()
    }
  }

  @Test func `without descriptors, those who are there are served, the others later`() async throws
  {
    try await withServer { network in
      let first = try await Self.connect()
      #expect(try await Self.ask("PING", first) == "+PONG")
      network.descriptorLimit = network.openDescriptors + 1  // the client's own
      let second = try await Self.connect(3)
      try await second.write("PING\r\n")
      for _ in 0..<100 { #expect(try await Self.ask("PING", first) == "+PONG") }
      try await Reactor.sleep(for: .seconds(2))
      network.descriptorLimit += 10
      #expect(try await Self.line(second) == "+PONG")
      first.close()
      second.close()
    }
  }

  @Test func `a subscriber who asks for more than it reads is not answered meanwhile`()
    async throws
  {
    try await withServer { network in
      let client = try await Self.connect()
      let other = try await Self.connect(3)
      let value = [UInt8](repeating: 7, count: 1 << 19)
      try await other.write("*3\r\n$3\r\nSET\r\n$1\r\nv\r\n$\(value.count)\r\n")
      try await other.write(value)
      try await other.write("\r\n")
      #expect(try await Self.line(other) == "+OK")
      try await client.write("HELLO 3\r\nSUBSCRIBE news\r\n")
      _ = try await client.read(until: "news\r\n:1\r\n".utf8)
      try await client.write(String(repeating: "GET v\r\n", count: 40) + "SET done 1\r\n")
      try await Reactor.sleep(for: .seconds(60))
      #expect(try await Self.ask("GET done", other) == "$-1")
      // Nor is it cut off for that.
      for _ in 0..<40 {
        #expect(try await Self.line(client) == "$\(value.count)")
        #expect(try await client.read(exactly: value.count) == value)
        #expect(try await Self.line(client) == "")
      }
      #expect(try await Self.line(client) == "+OK")
      #expect(try await Self.ask("PUBLISH news hello", other) == ":1")
      #expect(try await Self.line(client) == ">3")
      other.close()
      client.close()
    }
  }

  @Test func `what costs more than it takes to ask for is limited`() async throws {
    try await withServer { _ in
      let client = try await Self.connect()
      let other = try await Self.connect(3)
      let pattern = String(repeating: "a", count: 1025)
      for command in ["KEYS \(pattern)", "SCAN 0 MATCH \(pattern)", "PSUBSCRIBE \(pattern)"] {
        #expect(try await Self.ask(command, client) == "-ERR pattern is too long")
      }
      let name = String(repeating: "n", count: 60_000)
      var refused = 0
      for number in 0..<100 {
        try await client.write("SUBSCRIBE \(name)\(number)\r\n")
        let line = try await Self.line(client)
        if line == "*3" {
          for _ in 0..<5 { _ = try await Self.line(client) }
        } else {
          #expect(line == "-ERR too many subscriptions")
          refused += 1
        }
      }
      #expect(refused > 20 && refused < 50)
      #expect(try await Self.ask("PUBLISH \(name)0 hello", other) == ":1")
      client.close()
      other.close()
    }
  }
}
