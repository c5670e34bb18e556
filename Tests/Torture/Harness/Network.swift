import Glibc
import Sockets
import SocketsTesting

extension Run {
  /// An address of this machine, seldom the same one: closed connections leave their ports in TIME_WAIT,
  /// and tens of thousands of them to one address would leave none to connect from.
  func loopback() -> SocketAddress {
    var random = generator()
    func part() -> UInt8 { UInt8(random.pick(1...254)) }
    return SocketAddress(IPv4Address(127, part(), part(), part()), port: 0)
  }

  /// One of the shared reactors.
  func reactor(_ random: inout SplitMix64) throws -> Reactor {
    let reactors = try Reactor.sharedReactors()
    return reactors[random.pick(0...reactors.count - 1)]
  }

  /// Where a task runs: on the reactor's thread or on Swift's task pool, by chance.
  ///
  /// - Parameters:
  ///   - reactor: The reactor.
  ///   - random: The chance.
  /// - Returns: The reactor, or `nil` for the pool.
  func home(_ reactor: Reactor, _ random: inout SplitMix64) -> (any TaskExecutor)? {
    random.oneIn(2) ? reactor : nil
  }

  /// Two connected connections, each with a reactor of its own choice.
  ///
  /// - Parameter random: The chance.
  /// - Returns: The client's end and the server's.
  /// - Throws: What the library throws.
  func pair(_ random: inout SplitMix64) async throws -> (TCPConnection, TCPConnection) {
    let (near, far) = (try reactor(&random), try reactor(&random))
    let listener = try await TCPListener.bind(to: loopback(), on: [far])
    defer { listener.close() }
    return try await pair(through: listener, on: near)
  }

  /// Two connected connections through a listener that has no other clients.
  ///
  /// - Parameters:
  ///   - listener: The listener.
  ///   - reactor: The reactor of the client's end.
  /// - Returns: The client's end and the server's.
  /// - Throws: What the library throws.
  func pair(
    through listener: TCPListener,
    on reactor: Reactor
  ) async throws -> (TCPConnection, TCPConnection) {
    let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
    let server = try await listener.accept()
    try expect(server.remoteAddress, client.localAddress, "the client that was accepted")
    return (client, server)
  }
}

extension ProcessFigures {
  /// How much longer than usual things may take.
  static var patience: Int { isSanitized ? 8 : 1 }
}

/// Fails if something took absurdly long: machines are noisy, so the finer figures are only reported.
///
/// - Parameters:
///   - duration: How long it took.
///   - what: What.
/// - Throws: ``Failure``.
func expectPrompt(_ duration: Duration, _ what: @autoclosure () -> String) throws {
  let limit = Duration.seconds(1) * ProcessFigures.patience
  try expect(duration < limit, "\(what()) takes less than \(limit)", seen: duration.text)
}

/// Whether bytes are the same; fast also where the optimizer and a sanitizer are not.
func areEqual(_ left: [UInt8], _ right: ArraySlice<UInt8>) -> Bool {
  unsafe left.withUnsafeBytes { left in
    unsafe right.withUnsafeBytes { right in
      guard left.count == right.count, let left = left.baseAddress, let other = right.baseAddress
      else { return left.count == right.count }
      return unsafe memcmp(left, other, right.count) == 0
    }
  }
}

/// More than the kernel takes from a writer whose peer does not read.
let flood = [UInt8](repeating: 0x5A, count: 16 << 20)

/// A stream of bytes in which every position has its value, so that a lost, doubled or misplaced byte
/// shows.
struct Pattern: Sendable {
  /// A prime: no block size divides it.
  private static let period = 65_521

  private let table: [UInt8]

  init(_ random: inout SplitMix64) {
    let bytes = (0..<Self.period).map { _ in UInt8.random(in: 0...255, using: &random) }
    table = bytes + bytes
  }

  /// The bytes from a position on, at most 65,521.
  func bytes(at position: Int, count: Int) -> ArraySlice<UInt8> {
    let start = position % Self.period
    return table[start..<start + count]
  }

  /// Fails unless these are the bytes from a position on.
  ///
  /// - Parameters:
  ///   - seen: The bytes, at most 65,521.
  ///   - position: The position.
  /// - Throws: ``Failure``.
  func check(_ seen: [UInt8], at position: Int) throws {
    let expected = bytes(at: position, count: seen.count)
    if areEqual(seen, expected) { return }
    let index = zip(expected, seen).enumerated().first { $1.0 != $1.1 }?.offset ?? 0
    throw Failure(
      "the stream at byte \(position + index) (\(index) into a read of \(seen.count))",
      expected: Array(expected.dropFirst(index).prefix(8)),
      seen: Array(seen.dropFirst(index).prefix(8))
    )
  }
}
