import Glibc
import SampleSupport
import Sockets

/// Sends back what a client sends, read in a way that the command line says: for framing.sh and
/// instructions.sh, which compare the ways.
@main
struct FramingEcho {
  static let usage = """
    usage: FramingEcho chunks|reads|timed|lines|frames|values

    Listens on a free port of 127.0.0.1, on one reactor, until SIGTERM. Sends back

      chunks   what arrives, as it arrives
      reads    the same, read by read
      timed    the same, with a deadline on every read
      lines    each line
      frames   each frame with a length of four bytes before it
      values   64 bytes for each 64 bytes, decoded in place
    """

  /// Not `async`: an async main function leaves the first thread in a way that valgrind does not survive.
  static func main() {
    Task.detached { await run() }
    while true { pause() }
  }

  static func run() async {
    await Program.run(usage: usage) { words in
      guard words.count == 1, let serve = handler(words[0]) else {
        throw UsageError("a way is needed")
      }
      try ShutdownSignal.install()
      let reactor = try Reactor(name: "echo")
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
      Program.printLine("listening on \(listener.localAddress)")
      try await withTaskExecutorPreference(reactor) {
        async let served = listener.serve(handler: serve)
        try await ShutdownSignal.wait()
        listener.drain(grace: .zero)
        _ = try await served
      }
    }
  }

  typealias Handler = @Sendable (TCPConnection) async throws -> Void

  /// What a handler does, by its name.
  static func handler(_ name: String) -> Handler? {
    switch name {
    case "chunks": chunks
    case "reads": reads
    case "timed": timed
    case "lines": lines
    case "frames": frames
    case "values": values
    default: nil
    }
  }

  /// Generic, so that it is called without a function in between, as one that is written at the call of `serve` is:
  /// idle.sh measures the least that a connection takes.
  @Sendable
  static func chunks<Transport>(_ connection: SocketConnection<Transport>) async throws {
    for try await chunk in connection.chunks { try await connection.write(chunk) }
  }

  @Sendable
  static func reads(_ connection: TCPConnection) async throws {
    while let bytes = try await connection.read(upTo: 16_384) {
      try await connection.write(bytes)
    }
  }

  @Sendable
  static func timed(_ connection: TCPConnection) async throws {
    while let bytes = try await connection.read(upTo: 16_384, deadline: .now + .seconds(30)) {
      try await connection.write(bytes)
    }
  }

  @Sendable
  static func lines(_ connection: TCPConnection) async throws {
    let framing = LineFraming()
    for try await line in connection.lines() {
      try await connection.write(frame: line, using: framing)
    }
  }

  @Sendable
  static func frames(_ connection: TCPConnection) async throws {
    let framing = LengthPrefixFraming(.uint32)
    for try await frame in connection.frames(using: framing) {
      try await connection.write(frame: frame, using: framing)
    }
  }

  @Sendable
  static func values(_ connection: TCPConnection) async throws {
    let answer = [UInt8](repeating: 0x61, count: 63) + [0x0A]
    while try await connection.read(decoding: Self.value) != nil {
      try await connection.write(answer)
    }
  }

  /// A number, made of 64 bytes without taking them out of the buffer.
  static func value(_ buffer: inout ReadBuffer) -> UInt64? {
    guard buffer.count >= 64, let first: UInt64 = buffer.integer() else { return nil }
    buffer.skip(64)
    return first
  }
}
