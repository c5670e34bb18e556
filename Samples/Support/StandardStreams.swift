import Glibc
public import Sockets

/// Standard input and output as one byte stream: what is read comes from the one, what is written goes to the other.
public struct StandardStreams: ByteStream {
  /// That nobody reads standard output any more.
  public struct OutputClosed: Error {}

  private let input: File
  private let output: File
  private let layer: StreamLayer<Void, Void>
  private let endsWithOutput: Bool
  private let holdsEnd: Bool

  /// Closed when the outgoing stream ends, which makes the second one readable: the reader of standard input
  /// may be waiting for that too.
  private let (ending, ended): (UnixConnection, UnixConnection)

  /// Opens standard input and output.
  ///
  /// - Parameters:
  ///   - endsWithOutput: Whether reading ends when the outgoing stream does, though there could be more.
  ///   - holdsEnd: Whether reading ends only when the outgoing stream has ended too.
  ///   - reactor: The reactor that waits for both.
  /// - Throws: `SocketError` when no descriptor is left.
  public init(endsWithOutput: Bool, holdsEnd: Bool, on reactor: Reactor) throws {
    (self.endsWithOutput, self.holdsEnd) = (endsWithOutput, holdsEnd)
    input = try .standardInput(on: reactor)
    output = try .standardOutput(on: reactor)
    layer = try StreamLayer(reading: (), writing: (), on: reactor)
    (ending, ended) = try UnixConnection.pair(on: reactor)
  }

  /// Whether a person types what is read.
  public static var isTerminal: Bool { isatty(0) == 1 }

  /// Reads what standard input brings: see `ByteStream`.
  public func fill(
    upTo limit: Int,
    deadline: ContinuousClock.Instant?,
    until isDone: (inout ReadBuffer) throws -> Bool
  ) async throws -> Bool {
    try await layer.fill(upTo: limit, until: isDone) { buffer, _ in
      let end = endsWithOutput ? ended.readable : nil
      let limit = min(limit, 1 << 16)
      if let bytes = try await input.read(upTo: limit, orUntil: end, deadline: deadline) {
        buffer.append(bytes)
        return true
      }
      if holdsEnd { _ = try await firstReady(of: [ended.readable], deadline: deadline) }
      return false
    }
  }

  /// Writes to standard output: all of it.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: ``OutputClosed``, or as `ByteStream` says.
  public func write(_ bytes: RawSpan, deadline: ContinuousClock.Instant?) async throws {
    let bytes = unsafe bytes.withUnsafeBytes { unsafe Array($0) }
    try await layer.write(deadline: deadline) { _ in
      do {
        try await output.write(bytes, deadline: deadline)
      } catch let error as SocketError where error.code == .brokenPipe {
        throw OutputClosed()
      }
    }
  }

  /// Ends the outgoing stream.
  ///
  /// Standard output itself stays open, for others may write to it.
  ///
  /// - Parameter deadline: When to give up waiting for earlier writes; `nil` for never.
  /// - Throws: `CancellationError` or `SocketError`.
  public func finish(deadline: ContinuousClock.Instant?) async throws {
    try await layer.write(deadline: deadline) { _ in ending.close() }
  }

  /// Ends both directions.
  public func close() {
    layer.close()
    ending.close()
  }

  /// Ends both directions: nobody at the other end of standard output can be told more.
  public func reset() { close() }

  /// Whether both directions were ended.
  public var isClosed: Bool { layer.isClosed }
}
