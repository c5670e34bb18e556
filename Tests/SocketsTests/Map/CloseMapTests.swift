import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on closing.
@Suite(.timeLimit(.minutes(1))) struct CloseMapTests {
  @Test func `half of it`() async throws {
    try await withPair { pair in
      let connection = pair.near
      // map: shutdown with SHUT_WR
      try await connection.finish()
      // end
      #expect(try await pair.far.read(upTo: 9) == nil)
      try await pair.far.write("answer")
      #expect(try await connection.read(exactly: 6) == Array("answer".utf8))
    }
  }

  @Test func `all of it`() async throws {
    try await withPair { pair in
      let connection = pair.near
      // map: close
      connection.close()
      // end
      let end = try await pair.far.read(upTo: 9)
      #expect(end == nil && connection.isClosed)
    }
  }

  @Test func `after the last reply has been read`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("never read")
      try await connection.write("reply")
      let peer = pair.far
      async let received: [UInt8] = {
        defer { peer.close() }
        return try await peer.readAll()
      }()
      // map: SO_LINGER
      await connection.closeGracefully(deadline: .now + .seconds(5))
      // end
      #expect(try await received == Array("reply".utf8))
    }
  }

  @Test func `at once, without mercy`() async throws {
    try await withPair { pair in
      let connection = pair.near
      // map: SO_LINGER of zero seconds
      connection.reset()
      // end
      await expectError(.connectionReset) { try await pair.far.read(upTo: 9) }
    }
  }
}
