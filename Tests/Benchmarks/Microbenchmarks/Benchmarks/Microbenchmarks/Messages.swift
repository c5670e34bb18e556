import CYardsticks
import Sockets

/// What it costs to send one byte to a task that waits for it: a write, a resumption, and a read.
func measureMessages() {
  let family = "message of a byte"

  measure("\(family): C, epoll and a socket (yardstick)") {
    guard yardstick_messages(Int32(operations)) == 0 else { throw Failure() }
  }

  measure(
    "\(family): UnixConnection",
    on: reactor,
    prepare: { try UnixConnection.pair(on: reactor) }
  ) { first, second in
    defer { first.close() }
    defer { second.close() }
    try await bounce(first, second)
  }

  measure(
    "\(family): MemoryPipe",
    on: reactor,
    prepare: { try MemoryPipe.pair(on: reactor) }
  ) { first, second in
    defer { first.close() }
    defer { second.close() }
    try await bounce(first, second)
  }
}

/// Sends a byte to and fro between two tasks.
private func bounce<Stream: ByteStream>(_ first: Stream, _ second: Stream) async throws {
  try await withThrowingTaskGroup { group in
    group.addTask {
      let byte = OneByte()
      for _ in 0..<operations / 2 {
        try await byte.write(to: first)
        try await byte.read(from: first)
      }
    }
    group.addTask {
      let byte = OneByte()
      for _ in 0..<operations / 2 {
        try await byte.read(from: second)
        try await byte.write(to: second)
      }
    }
    try await group.waitForAll()
  }
}

/// Memory for a byte, so that reads and writes allocate none.
@safe
struct OneByte: ~Copyable {
  private let memory: UnsafeMutableRawBufferPointer

  init() {
    unsafe memory = .allocate(byteCount: 1, alignment: 1)
    unsafe memory[0] = 1
  }

  deinit { unsafe memory.deallocate() }

  func write(
    to stream: some ByteStream,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.write(unsafe UnsafeRawBufferPointer(memory).bytes, deadline: deadline)
  }

  func read(
    from stream: some ByteStream,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    var span = unsafe OutputRawSpan(buffer: memory, initializedCount: 0)
    guard try await stream.read(into: &span, deadline: deadline) == 1 else { throw Failure() }
    _ = unsafe span.finalize(for: memory)
  }
}
