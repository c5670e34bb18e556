import Command
import Sockets

/// What a handler does with its connection.
extension SocketsServer {
  typealias Handler = @Sendable (TCPConnection) async throws -> Void

  /// The handler of a mode, if it is one of TCP servers.
  static func handler(_ mode: Command.Mode) -> Handler? {
    switch mode {
    case .echo, .bulk: echo
    case .read: read
    case .lines: echoLines
    case .frames: echoFrames
    case .timer: echoLater
    case .deadline: readWithDeadline
    default: nil
    }
  }

  @Sendable
  static func echo<Transport>(_ connection: SocketConnection<Transport>) async throws {
    for try await chunk in connection.chunks { try await connection.write(chunk) }
  }

  @Sendable
  static func read(_ connection: TCPConnection) async throws {
    while let bytes = try await connection.read(upTo: Workload.chunk) {
      try await connection.write(bytes)
    }
  }

  @Sendable
  static func readWithDeadline(_ connection: TCPConnection) async throws {
    let limit = Duration.seconds(Workload.limit)
    while let bytes = try await connection.read(upTo: Workload.chunk, deadline: .now + limit) {
      try await connection.write(bytes)
    }
  }

  @Sendable
  static func echoLines(_ connection: TCPConnection) async throws {
    for try await line in connection.lines() {
      try await connection.write(frame: line, using: LineFraming())
    }
  }

  @Sendable
  static func echoFrames(_ connection: TCPConnection) async throws {
    let framing = LengthPrefixFraming(.uint32)
    for try await frame in connection.frames(using: framing) {
      try await connection.write(frame: frame, using: framing)
    }
  }

  static func relay(_ client: TCPConnection, to address: SocketAddress) async throws {
    _ = try await TCPConnection.connect(to: address, on: client.reactor) { server in
      try await Sockets.relay(client, server)
    }
  }

  @Sendable
  static func echoLater(_ connection: TCPConnection) async throws {
    for try await chunk in connection.chunks {
      try await Reactor.sleep(for: .milliseconds(Workload.pause))
      try await connection.write(chunk)
    }
  }
}
