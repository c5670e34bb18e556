import Sockets

/// A2, hazard 17: the same as A1 with `read(exactly:)`, which collects several pieces before it returns.
///
/// A library that collects in a local variable loses what it has when the read is cancelled half way.
/// Here the bytes must stay for the next read, of either kind.
enum CancelledExactReads: Scenario {
  static let name = "A2"
  static let summary = "cancelled exact reads keep what they had"
  static let size = Size.rounds(10_000, brief: 600)

  static func run(_ run: Run) async throws {
    try await CancelledReads.storm(run) { connection, count in
      if count % 4 == 0 { return try await connection.read(upTo: count) }
      let bytes = try await connection.read(exactly: count)
      try expect(bytes?.count, count, "bytes of an exact read")
      return bytes
    }
  }
}
