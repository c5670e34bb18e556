import SampleSupport
import Sockets
import Synchronization

/// One connection of the client: sends its pattern and checks what comes back.
struct Connection {
  let socket: TCPConnection
  let pattern: Pattern

  /// How many bytes to send.
  let bytes: Int

  /// Sends, and at the same time checks, every byte.
  ///
  /// - Parameter progress: Is told of every byte that came back.
  /// - Throws: What the server did wrong, or a `SocketError`. The first failure ends both directions.
  func run(_ progress: Progress) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask { try await send() }
      group.addTask { try await check(progress) }
    }
  }

  private func send() async throws {
    var sent = 0
    while sent < bytes {
      let piece = pattern.bytes(at: sent, count: min(Pattern.longest, bytes - sent))
      try await socket.write(piece)
      sent += piece.count
    }
    try await socket.finish()
  }

  private func check(_ progress: Progress) async throws {
    var received = 0
    for try await chunk in socket.chunks {
      guard received + chunk.count <= bytes else {
        throw failure("more than the \(bytes) bytes that were sent came back")
      }
      let expected = pattern.bytes(at: received, count: chunk.count)
      if chunk[...] != expected {
        let wrong = zip(chunk, expected).prefix { $0 == $1 }.count
        throw failure(
          "byte \(received + wrong) is \(chunk[wrong]), not \(expected[expected.startIndex + wrong])"
        )
      }
      received += chunk.count
      progress.add(chunk.count)
    }
    guard received == bytes else {
      throw failure("the stream ended after \(received) of \(bytes) bytes")
    }
  }

  private func failure(_ text: String) -> Failure {
    Failure("\(socket.localAddress) -> \(socket.remoteAddress): \(text)")
  }
}

/// How many bytes have come back, over all connections.
final class Progress: Sendable {
  private let received = Atomic<Int>(0)

  var bytes: Int { received.load(ordering: .relaxed) }

  func add(_ count: Int) { received.add(count, ordering: .relaxed) }
}
