import Chat
import Sockets
import SocketsTesting
import Testing

@testable import ChatServer

/// The chat in a simulated network, with faults that real sockets cannot show.
@Suite(.timeLimit(.minutes(1))) struct ChatFaultTests {
  private static let server = IPv4Address(10, 0, 0, 1)
  private static let ada = IPv4Address(10, 0, 0, 2)
  private static let grace = IPv4Address(10, 0, 0, 3)

  /// Two who are in one room.
  private struct Room: Sendable {
    let network: SimulatedNetwork
    let ada: TCPConnection
    let grace: TCPConnection

    /// Reads lines until one of them is this.
    func wait(for line: String, as person: TCPConnection) async throws {
      var seen: [String] = []
      for try await next in person.lines() {
        if next == line { return }
        seen.append(next)
      }
      Issue.record("'\(line)' is not among \(seen)")
    }
  }

  /// Runs the chat, and lets two people into it.
  private func withRoom(
    seed: UInt64 = 1,
    _ words: [String] = [],
    _ body: @Sendable (Room) async throws -> Void
  ) async throws {
    try await SimulatedNetwork.run(seed: seed) { network in
      network.bufferSize = 16_384
      let address = SocketAddress(Self.server, port: 7010)
      let listener = try await TCPListener.bind(to: address)
      let chat = Chat(listener, try Arguments(words).settings)
      async let served = listener.serve { try await chat.serve($0) }
      let room = Room(
        network: network,
        ada: try await Self.enter(address, from: Self.ada, "Ada"),
        grace: try await Self.enter(address, from: Self.grace, "Grace")
      )
      try await body(room)
      await chat.end()
      _ = try await served
    }
  }

  private static func enter(
    _ address: SocketAddress,
    from host: IPv4Address,
    _ name: String
  ) async throws -> TCPConnection {
    let connection = try await TCPConnection.connect(
      to: address,
      from: SocketAddress(host, port: 0)
    )
    try await connection.write("/nick \(name)\n/join den\n")
    for try await line in connection.lines() where line.hasPrefix("* you are in den") { break }
    return connection
  }

  @Test(arguments: 1...5)
  func `lines that come byte by byte, 40 ms away, are whole lines`(seed: UInt64) async throws {
    try await withRoom(seed: seed) { room in
      room.network.links { $0.latency = .milliseconds(40) }
      room.network.calls = .everything
      let start = room.network.elapsed
      for number in 0..<20 {
        for byte in "hello, \(number)\n".utf8 { try await room.ada.write([byte]) }
      }
      for number in 0..<20 {
        try await room.wait(for: "[den] Ada: hello, \(number)", as: room.grace)
      }
      #expect(room.network.elapsed - start >= .milliseconds(80))
    }
  }

  @Test func `a person behind a cut cable delays nobody, and is gone after a while`() async throws {
    try await withRoom(["--max-waiting", "4K"]) { room in
      let third = try await Self.enter(
        SocketAddress(Self.server, port: 7010),
        from: IPv4Address(10, 0, 0, 4),
        "Edsger"
      )
      room.network.partition(.v4(Self.server), .v4(Self.grace))
      let start = room.network.elapsed
      for number in 0..<500 {
        try await room.ada.write("\(number) \(String(repeating: "-", count: 200))\n")
        try await room.wait(
          for: "[den] Ada: \(number) \(String(repeating: "-", count: 200))",
          as: third
        )
      }
      try await room.wait(for: "* Grace has been cut off: does not read", as: room.ada)
      // Nobody has waited for her: what was said so far took no time at all.
      #expect(room.network.elapsed - start <= .seconds(30))
      try await third.write("still here\n")
      try await room.wait(for: "[den] Edsger: still here", as: room.ada)
    }
  }

  @Test func `a reset in the middle of a line is an end, and the line is not said`() async throws {
    try await withRoom { room in
      try await room.ada.write("this is said\nthis is n")
      try await room.wait(for: "[den] Ada: this is said", as: room.grace)
      room.network.reset(.v4(Self.server), .v4(Self.ada))
      try await room.wait(for: "* Ada has left", as: room.grace)
      try await room.grace.write("/who den\n")
      try await room.wait(for: "* in den: Grace", as: room.grace)
    }
  }

  @Test func `who finds no descriptor left waits, and comes in when somebody leaves`() async throws
  {
    try await withRoom { room in
      room.network.descriptorLimit = room.network.openDescriptors + 1  // the client's own
      async let edsger = Self.enter(
        SocketAddress(Self.server, port: 7010),
        from: IPv4Address(10, 0, 0, 4),
        "Edsger"
      )
      try await Reactor.sleep(for: .seconds(5))
      try await room.grace.write("/quit\n")
      try await room.wait(for: "* Grace has left", as: room.ada)
      room.grace.close()
      let person = try await edsger
      try await person.write("at last\n")
      try await room.wait(for: "[den] Edsger: at last", as: room.ada)
      person.close()
    }
  }
}
