@testable import Sockets

extension SocketConnection {
  /// Reads into memory of the caller's, as a user with a buffer of their own does.
  ///
  /// - Parameters:
  ///   - capacity: The buffer's size; 0 for one without room.
  ///   - deadline: When to give up waiting.
  /// - Returns: How many bytes the read says it has added, and the bytes that were added.
  /// - Throws: As the read.
  func readIntoSpan(
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
}
