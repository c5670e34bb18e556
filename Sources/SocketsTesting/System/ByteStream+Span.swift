package import Sockets

extension ByteStream {
  /// Reads into memory of the caller's, as a program with a buffer of its own does.
  ///
  /// - Parameters:
  ///   - capacity: The buffer's size; 0 for one without room.
  ///   - deadline: When to give up waiting.
  /// - Returns: How many bytes the read says it has added, and the bytes that were added.
  /// - Throws: As the read.
  package nonisolated(nonsending) func readIntoSpan(
    capacity: Int,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> (count: Int, bytes: [UInt8]) {
    let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(capacity, 1), alignment: 1)
    defer { unsafe memory.deallocate() }
    let room = unsafe UnsafeMutableRawBufferPointer(rebasing: memory[..<capacity])
    var span = unsafe OutputRawSpan(buffer: room, initializedCount: 0)
    let count = try await read(into: &span, deadline: deadline)
    let added = unsafe span.finalize(for: room)
    return (count, unsafe Array(room[..<added]))
  }

  /// Everything that comes until the end of the stream.
  ///
  /// - Parameter collected: Receives the bytes, also those before an error.
  /// - Throws: As a read.
  package nonisolated(nonsending) func readAll(into collected: inout [UInt8]) async throws {
    while let bytes = try await read(upTo: 1 << 16) { collected += bytes }
  }

  /// Everything that comes until the end of the stream.
  ///
  /// - Returns: The bytes.
  /// - Throws: As a read.
  package nonisolated(nonsending) func readAll() async throws -> [UInt8] {
    var bytes: [UInt8] = []
    try await readAll(into: &bytes)
    return bytes
  }
}
