import SocketsTesting
import Testing

@testable import Sockets

/// Waits without a cancellation handler: those of a server's handlers.
@Suite(.timeLimit(.minutes(1))) struct GuardTests {
  @Test func `a guarded read ends whenever its task is cancelled and it is told`() async throws {
    try await withPair { pair in
      let registration = pair.near.stream.registration
      for round in 0..<2_000 {
        let read = Task(executorPreference: round.isMultiple(of: 2) ? pair.reactor : nil) {
          registration.guardCurrentTask()
          return await outcome { try await pair.near.read(upTo: 64) }
        }
        for _ in 0..<(round % 8) { await Task.yield() }
        read.cancel()
        registration.interrupt()
        #expect(await read.value.isCancellation)
      }
    }
  }

  @Test func `a guarded wait ends that was told before an edge for nothing`() async throws {
    let reactor = try Reactor()
    let registration = try reactor.loop.register(nil, initial: .waiting)
    defer { registration.close() }
    let wait = Task(executorPreference: reactor) {
      registration.guardCurrentTask()
      do throws(OperationFailure) {
        _ = try await registration.perform(.read, whenBusy: .fail, deadline: nil) { _ in
          .again(.yes)
        }
        return false
      } catch {
        return error == .cancelled
      }
    }
    try await reactor.waitUntilParked(readers: 1)
    // On the reactor's thread, so that the task does not run in between.
    await Task(executorPreference: reactor) {
      wait.cancel()
      registration.interrupt()
      registration.signal(.read)
    }.value
    #expect(await wait.value)
  }

  @Test func `a body is guarded by one handler, wherever it is cancelled`() async throws {
    try await withPair { pair in
      let registration = pair.near.stream.registration
      for round in 0..<2_000 {
        let reads = Task(executorPreference: round.isMultiple(of: 2) ? pair.reactor : nil) {
          await outcome {
            try await registration.guarding {
              while try await pair.near.read(upTo: 1) != nil {}
            }
          }
        }
        if round.isMultiple(of: 3) { try await pair.far.write([0]) }
        for _ in 0..<(round % 8) { await Task.yield() }
        reads.cancel()
        #expect(await reads.value.isCancellation)
        #expect(!registration.hasGuardedTask)
      }
    }
  }

  @Test func `only the guarded task does without a handler`() async throws {
    try await withPair { pair in
      pair.near.stream.registration.guardCurrentTask()
      let read = Task { await outcome { try await pair.near.read(upTo: 64) } }
      try await pair.reactor.waitUntilParked(readers: 1)
      read.cancel()
      #expect(await read.value.isCancellation)
    }
  }

  @Test func `a server that is cancelled tells the waits of its handlers`() async throws {
    var told = 0
    for _ in 0..<20 {
      let listener = try await TCPListener.bind(to: .loopback(port: 0))
      let (ends, note) = AsyncStream<Bool>.makeStream()
      let (begins, begin) = AsyncStream<Void>.makeStream()
      let serve = Task {
        try await listener.serve { connection in
          begin.yield()
          note.yield(await outcome { try await connection.read(upTo: 64) }.isCancellation)
        }
      }
      let client = try await TCPConnection.connect(to: listener.localAddress)
      for await _ in begins { break }
      serve.cancel()
      for await isCancellation in ends {
        if isCancellation { told += 1 }
        break
      }
      #expect(await serve.result.isCancellation)
      client.close()
      listener.close()
    }
    // One that nobody has told finds its connection reset after a while; on a busy machine others may, too.
    #expect(told > 0)
  }
}
