import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct CancellationTests {
  @Test func `reads that are cancelled at any moment lose no byte`() async throws {
    try await withPair { pair in
      let bytes = pattern(20_000)
      async let write = outcome {
        for start in stride(from: 0, to: bytes.count, by: 100) {
          try await pair.far.write(bytes[start..<start + 100])
          await Task.yield()
        }
        try await pair.far.finish()
      }
      var received: [UInt8] = []
      var isAtEnd = false
      var rounds = 0
      while !isAtEnd {
        try Task.checkCancellation()  // the writer ends without an end when the test's time is up
        let read = Task { await outcome { try await pair.near.read(upTo: 64) } }
        rounds += 1
        for _ in 0..<(rounds % 8) { await Task.yield() }
        read.cancel()
        let result = await read.value
        if result.isCancellation { continue }
        if let chunk = try result.get() { received += chunk } else { isAtEnd = true }
      }
      #expect(received == bytes)
      let written = await write
      #expect(throws: Never.self) { try written.get() }
    }
  }

  @Test func `exact reads that are cancelled at any moment lose no byte`() async throws {
    try await withPair { pair in
      let bytes = pattern(20_000)
      async let write = outcome {
        for start in stride(from: 0, to: bytes.count, by: 100) {
          try await pair.far.write(bytes[start..<start + 100])
          await Task.yield()
        }
        try await pair.far.finish()
      }
      var received: [UInt8] = []
      var isAtEnd = false
      var rounds = 0
      while !isAtEnd {
        try Task.checkCancellation()  // the writer ends without an end when the test's time is up
        let read = Task { await outcome { try await pair.near.read(exactly: 250) } }
        rounds += 1
        for _ in 0..<(rounds % 8) { await Task.yield() }
        read.cancel()
        let result = await read.value
        if result.isCancellation { continue }
        if let chunk = try result.get() { received += chunk } else { isAtEnd = true }
      }
      #expect(received == bytes)
      let written = await write
      #expect(throws: Never.self) { try written.get() }
    }
  }

  @Test func `deadlines at any moment lose no byte`() async throws {
    try await withPair { pair in
      let bytes = pattern(20_000)
      async let write = outcome {
        for start in stride(from: 0, to: bytes.count, by: 100) {
          try await pair.far.write(bytes[start..<start + 100])
          await Task.yield()
        }
        try await pair.far.finish()
      }
      var received: [UInt8] = []
      var isAtEnd = false
      while !isAtEnd {
        try Task.checkCancellation()  // the writer ends without an end when the test's time is up
        let deadline = ContinuousClock.now + .microseconds(received.count % 50)
        let result = await outcome { try await pair.near.read(upTo: 64, deadline: deadline) }
        if result.code == .timedOut { continue }
        if let chunk = try result.get() { received += chunk } else { isAtEnd = true }
      }
      #expect(received == bytes)
      let written = await write
      #expect(throws: Never.self) { try written.get() }
    }
  }

  @Test func `a cancelled reader leaves the writer alone, and the other way round`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let bytes = pattern(300_000)
      let read = Task { await outcome { try await pair.near.read(upTo: 8) } }
      async let write = outcome { try await pair.near.write(bytes) }
      try await pair.reactor.waitUntilParked(readers: 1, writers: 1)
      read.cancel()
      #expect(await read.value.isCancellation)
      try await pair.reactor.waitUntilParked(writers: 1)
      async let secondRead = outcome { try await pair.near.read(upTo: 8) }
      try await pair.reactor.waitUntilParked(readers: 1, writers: 1)
      let queued = Task { await outcome { try await pair.near.write("never") } }
      try await pair.reactor.waitUntilParked(readers: 1, writers: 2)
      queued.cancel()
      #expect(await queued.value.isCancellation)
      try await pair.reactor.waitUntilParked(readers: 1, writers: 1)
      let received = try await pair.far.read(exactly: bytes.count)
      #expect(received == bytes)
      let written = await write
      #expect(throws: Never.self) { try written.get() }
      try await pair.far.write("done")
      let done = try await secondRead.get()
      #expect(done == Array("done".utf8))
    }
  }

  @Test func `a cancelled task group ends all that waits in it`() async throws {
    try await withPair { pair in
      try await withListener { listener, reactor in
        let (near, far) = (pair.near, pair.far)
        await withTaskGroup(of: Bool.self) { group in
          group.addTask { await outcome { try await near.read(upTo: 8) }.isCancellation }
          group.addTask { await outcome { try await far.read(exactly: 8) }.isCancellation }
          group.addTask { await outcome { try await listener.accept() }.isCancellation }
          group.addTask { await outcome { try await listener.accept() }.isCancellation }
          _ = await outcome {
            try await pair.reactor.waitUntilParked(readers: 2)
            try await reactor.waitUntilParked(readers: 2)
          }
          group.cancelAll()
          for await isCancellation in group { #expect(isCancellation) }
        }
        try await pair.reactor.waitUntilParked()
        try await reactor.waitUntilParked()
      }
    }
  }

  @Test func `a task that is cancelled while it is busy notices at its next call`() async throws {
    try await withPair { pair in
      let echo = Task {
        await outcome {
          while true {
            try await pair.far.write([1])
            _ = try await pair.near.read(exactly: 1)
          }
        }
      }
      try await pair.reactor.waitUntil { $0.epollReturns > 20 }
      echo.cancel()
      #expect(await echo.value.isCancellation)
      try await pair.far.write([2])
      var last: UInt8?
      while last != 2 { last = try await pair.near.read(upTo: 1)?.first }
    }
  }

  @Test func `deadlines that are not reached leave at most one timer for each waiter`()
    async throws
  {
    try await withPair { pair in
      for _ in 0..<20 {
        let read = Task {
          let deadline = ContinuousClock.now + .seconds(600)
          return await outcome { try await pair.near.read(upTo: 8, deadline: deadline) }
        }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write("a")
        #expect(try await read.value.get() == [UInt8(ascii: "a")])
      }
      #expect(pair.reactor.statistics.timers == 1)
    }
  }

  @Test func `short deadlines among long ones do not pile up timers`() async throws {
    try await withPair { pair in
      let long = ContinuousClock.now + .milliseconds(60)
      while ContinuousClock.now < long {
        let read = Task {
          await outcome { try await pair.near.read(upTo: 8, deadline: long + .seconds(600)) }
        }
        try await pair.reactor.waitUntilParked(readers: 1)
        try await pair.far.write("a")
        #expect(try await read.value.get() == [UInt8(ascii: "a")])
        let short = ContinuousClock.now + .milliseconds(1)
        await expectError(.timedOut) { try await pair.near.read(upTo: 8, deadline: short) }
      }
      #expect(pair.reactor.statistics.timers <= 2)
    }
  }

  @Test func `waits within cancellation handlers leave those in place, whatever ends them`()
    async throws
  {
    let reactor = try Reactor()
    let first = try reactor.loop.register(nil, initial: .waiting)
    let second = try reactor.loop.register(nil, initial: .waiting)
    defer { first.close() }
    defer { second.close() }
    for round in 0..<1_000 {
      let calls = Lock(0)
      let wait = Task(executorPreference: round.isMultiple(of: 2) ? reactor : nil) {
        await withTaskCancellationHandler {
          _ = await first.awaitSignal()
          return await second.awaitSignal()
        } onCancel: {
          calls.withLock { $0 += 1 }
        }
      }
      for _ in 0..<(round % 8) { await Task.yield() }
      if round % 3 > 0 { first.signal(.read) }
      wait.cancel()
      #expect(await wait.value == .cancelled)
      #expect(calls.withLock { $0 } == 1)
    }
  }
}

extension Registration {
  /// Waits for a signal.
  ///
  /// - Returns: Why it has not come; `nil` if it has.
  fileprivate nonisolated(nonsending) func awaitSignal() async -> OperationFailure? {
    do throws(OperationFailure) {
      _ = try await perform(.read, whenBusy: .fail, deadline: nil) { _ in .done(0, usedUp: .yes) }
      return nil
    } catch {
      return error
    }
  }
}
