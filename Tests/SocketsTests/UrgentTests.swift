import SocketsTesting
import Testing

@testable import Sockets

extension Reactor {
  /// Returns when the events that have come so far are delivered: a job runs after them.
  fileprivate func deliverEvents() {}
}

@Suite(.timeLimit(.minutes(1))) struct UrgentTests {
  /// Sends "abc", an urgent "!", "def", and waits until all of it has arrived and was noticed.
  private func send(to pair: Pair<TCP>) async throws {
    try await pair.far.write("abc")
    try await pair.far.sendUrgent(UInt8(ascii: "!"))
    try await pair.far.write("def")
    try await waitUntil { (try? pair.near.get(.tcpInfo).bytesReceived) == 7 }
    await pair.reactor.deliverEvents()
  }

  @Test func `what follows urgent data is read although no event comes for it`() async throws {
    try await withPair { pair in
      try await send(to: pair)
      #expect(try await pair.near.read(upTo: 100) == Array("abc".utf8))
      #expect(
        try await pair.near.read(upTo: 100, deadline: .now + .seconds(5)) == Array("def".utf8)
      )
    }
  }

  @Test(arguments: Family.allCases)
  func `inline urgent data is in its place and reads end at the mark`(family: Family) async throws {
    try await withPair(family) { pair in
      try pair.near.set(.urgentInline, to: true)
      try await send(to: pair)
      #expect(try !pair.near.isAtMark())
      #expect(try await pair.near.read(upTo: 100) == Array("abc".utf8))
      #expect(try pair.near.isAtMark())
      #expect(try await pair.near.read(upTo: 100) == Array("!def".utf8))
      #expect(try !pair.near.isAtMark())
    }
  }

  @Test func `the chunks of a loop never cross the mark`() async throws {
    try await withPair { pair in
      try pair.near.set(.urgentInline, to: true)
      try await send(to: pair)
      try await pair.far.finish()
      var marks: [Int] = []
      var bytes: [UInt8] = []
      for try await chunk in pair.near.chunks {
        bytes += chunk
        if try pair.near.isAtMark() { marks.append(bytes.count) }
      }
      #expect(bytes == Array("abc!def".utf8))
      #expect(marks == [3])
    }
  }

  @Test func `bytes that a cancelled read has left come before the mark`() async throws {
    try await withPair { pair in
      try pair.near.set(.urgentInline, to: true)
      try await send(to: pair)
      await expectError(.timedOut) {
        try await pair.near.read(exactly: 100, deadline: .now + .milliseconds(20))
      }
      #expect(try !pair.near.isAtMark())
      #expect(try await pair.near.read(exactly: 7) == Array("abc!def".utf8))
    }
  }

  @Test func `urgent data is an event of its own`() async throws {
    try await withPair { pair in
      try await pair.far.write("abc")
      await expectError(.timedOut) {
        try await firstReady(of: [pair.near.urgent], deadline: .now + .milliseconds(20))
      }
      async let ready = firstReady(of: [pair.near.urgent])
      try await pair.far.sendUrgent(UInt8(ascii: "!"))
      #expect(try await ready == [pair.near.urgent])
    }
  }

  @Test func `urgent data on a closed connection is refused`() async throws {
    try await withPair { pair in
      pair.near.close()
      await expectError(.closed) { try await pair.near.sendUrgent(0) }
      await expectError(.closed) { try pair.near.isAtMark() }
    }
  }
}
