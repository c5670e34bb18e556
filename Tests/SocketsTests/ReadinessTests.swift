import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Waiting for descriptors that the library does not own.
@Suite(.timeLimit(.minutes(1))) struct ReadinessTests {
  @Test func `a pipe with bytes in it is readable, again and again`() async throws {
    try await withPipe { pipe in
      async let waiting = outcome { try await pipe.reactor.waitUntilReadable(pipe.output) }
      try await pipe.reactor.waitUntilParked(readers: 1)
      pipe.write(1)
      let result = await waiting
      #expect(throws: Never.self) { try result.get() }
      try await pipe.reactor.waitUntilReadable(pipe.output)
      #expect(pipe.read(8) == 1)
      await expectError(.timedOut) {
        try await pipe.reactor.waitUntilReadable(pipe.output, deadline: .now)
      }
      #expect(pipe.reactor.statistics.registrations == 0)
    }
  }

  @Test func `the end of a pipe is readable`() async throws {
    try await withPipe { pipe in
      async let waiting = outcome { try await pipe.reactor.waitUntilReadable(pipe.output) }
      try await pipe.reactor.waitUntilParked(readers: 1)
      pipe.closeInput()
      let result = await waiting
      #expect(throws: Never.self) { try result.get() }
      #expect(pipe.read(8) == 0)
    }
  }

  @Test func `a full pipe is writable once it was read`() async throws {
    try await withPipe { pipe in
      try await pipe.reactor.waitUntilWritable(pipe.input)
      while pipe.write(65_536) > 0 {}
      async let waiting = outcome { try await pipe.reactor.waitUntilWritable(pipe.input) }
      try await pipe.reactor.waitUntilParked(writers: 1)
      while pipe.read(65_536) > 0 {}
      let result = await waiting
      #expect(throws: Never.self) { try result.get() }
    }
  }

  @Test func `several tasks wait for one descriptor`() async throws {
    try await withPipe { pipe in
      async let one = outcome { try await pipe.reactor.waitUntilReadable(pipe.output) }
      async let two = outcome { try await pipe.reactor.waitUntilReadable(pipe.output) }
      try await pipe.reactor.waitUntilParked(readers: 2)
      pipe.write(1)
      let results = await (one, two)
      #expect(throws: Never.self) { try results.0.get() }
      #expect(throws: Never.self) { try results.1.get() }
    }
  }

  @Test func `cancellation and deadlines end the wait and change nothing`() async throws {
    try await withPipe { pipe in
      let flags = fcntl(pipe.output, F_GETFL)
      let waiting = Task { await outcome { try await pipe.reactor.waitUntilReadable(pipe.output) } }
      try await pipe.reactor.waitUntilParked(readers: 1)
      waiting.cancel()
      #expect(await waiting.value.isCancellation)
      let deadline = ContinuousClock.now + .milliseconds(5)
      let error = await expectError(.timedOut) {
        try await pipe.reactor.waitUntilReadable(pipe.output, deadline: deadline)
      }
      #expect(error?.operation == .wait)
      #expect(ContinuousClock.now >= deadline)
      let (reactor, output) = (pipe.reactor, pipe.output)
      let before = await outcomeWhenCancelledBefore {
        try await reactor.waitUntilReadable(output)
      }
      #expect(before?.isCancellation == true)
      #expect(reactor.statistics.registrations == 0)
      #expect(fcntl(output, F_GETFL) == flags)
      pipe.write(1)
      try await reactor.waitUntilReadable(output)
    }
  }

  @Test func `stopping the reactor ends the wait with closed`() async throws {
    try await withPipe { pipe in
      async let waiting = outcome { try await pipe.reactor.waitUntilReadable(pipe.output) }
      try await pipe.reactor.waitUntilParked(readers: 1)
      await pipe.reactor.stop()
      #expect(await waiting.code == .closed)
      pipe.write(1)
      #expect(pipe.read(8) == 1)
    }
  }

  @Test func `a regular file is always ready`() async throws {
    let reactor = try Reactor()
    let source = unsafe open(#filePath, O_RDONLY | O_CLOEXEC)
    try #require(source >= 0)
    defer { close(source) }
    try await reactor.waitUntilReadable(source)
    try await reactor.waitUntilWritable(source)
    #expect(reactor.statistics.registrations == 0)
    #expect(DescriptorAudit.object(source) != nil)
  }

  @Test(arguments: [-1, 1_000_000])
  func `a number that is not open is an error`(number: Int32) async throws {
    let reactor = try Reactor()
    for wait in [reactor.waitUntilReadable, reactor.waitUntilWritable] {
      let error = await expectError(.other) { try await wait(number, nil) }
      #expect(error?.errno == EBADF)
      #expect(error?.operation == .wait)
    }
  }

  /// Both ends of a pipe, as somebody else's descriptors.
  private struct Pipe: Sendable {
    let reactor: Reactor
    let output: Int32
    let input: Int32

    @discardableResult
    func write(_ count: Int) -> Int {
      unsafe Glibc.write(input, [UInt8](repeating: 0, count: count), count)
    }

    func read(_ count: Int) -> Int {
      var bytes = [UInt8](repeating: 0, count: count)
      return unsafe Glibc.read(output, &bytes, count)
    }

    /// Closes the pipe's last way in, without giving its number away to another test.
    func closeInput() {
      let null = unsafe open("/dev/null", O_WRONLY | O_CLOEXEC)
      dup2(null, input)
      close(null)
    }
  }

  private func withPipe(
    _ body: nonisolated(nonsending) (Pipe) async throws -> Void
  ) async throws {
    var ends: [Int32] = [-1, -1]
    let result = unsafe pipe(&ends)
    try #require(result == 0)
    defer { for end in ends { close(end) } }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    try await body(Pipe(reactor: try Reactor(), output: ends[0], input: ends[1]))
  }

  @Test func `a deadline that has passed asks, and does not wait`() async throws {
    try await withPipe { pipe in
      await expectError(.timedOut) {
        try await pipe.reactor.waitUntilReadable(pipe.output, deadline: .now)
      }
      try await pipe.reactor.waitUntilWritable(pipe.input, deadline: .now)
      pipe.write(1)
      try await pipe.reactor.waitUntilReadable(pipe.output, deadline: .now)
      while pipe.write(65_536) > 0 {}
      await expectError(.timedOut) {
        try await pipe.reactor.waitUntilWritable(pipe.input, deadline: .now)
      }
    }
  }
}
