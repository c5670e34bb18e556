import FoundationEssentials
import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// Signals end processes: so each of these is a process of its own.
@Suite(.timeLimit(.minutes(1))) struct ShutdownSignalTests {
  @Test func `a signal is noted, and waiting for it starts one reactor, not all`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      try ShutdownSignal.install()
      #expect(try threads(named: "reactor-") == 0)
      kill(getpid(), SIGTERM)  // not `raise`: this thread blocks it
      #expect(try await ShutdownSignal.wait() == SIGTERM)
      #expect(try await ShutdownSignal.wait() == SIGTERM)
      #expect(try threads(named: "reactor-") == 1)
      exit(try threads(named: "reactor-") == 1 ? 7 : 1)
    }
  }

  @Test func `on a reactor's thread, it waits on that reactor`() async {
    await #expect(processExitsWith: .exitCode(7)) {
      let reactor = try Reactor(name: "own")
      try await withTaskExecutorPreference(reactor) {
        async let signal = ShutdownSignal.wait()
        try await reactor.waitUntilParked(readers: 1)
        kill(getpid(), SIGINT)
        let isRight = try await signal == SIGINT
        exit(try isRight && threads(named: "reactor-") == 0 ? 7 : 1)
      }
    }
  }

  @Test func `the wait can be cancelled and has a deadline; a second signal ends the process`()
    async
  {
    await #expect(processExitsWith: .signal(SIGTERM)) {
      let reactor = try Reactor(name: "own")
      await expectError(.timedOut) {
        try await ShutdownSignal.wait(deadline: .now + .milliseconds(1), on: reactor)
      }
      let waiting = Task { await outcome { try await ShutdownSignal.wait(on: reactor) } }
      try await reactor.waitUntilParked(readers: 1)
      waiting.cancel()
      guard await waiting.value.isCancellation else { exit(1) }
      kill(getpid(), SIGTERM)
      try await ShutdownSignal.wait(on: reactor)
      kill(getpid(), SIGTERM)
      try await untilCancelled()
    }
  }
}

/// How many threads of this process have a name that begins like this.
private func threads(named prefix: String) throws -> Int {
  let numbers = try FileManager.default.contentsOfDirectory(atPath: "/proc/self/task")
  return numbers.count { number in
    let data = FileManager.default.contents(atPath: "/proc/self/task/\(number)/comm")
    return String(decoding: data ?? Data(), as: UTF8.self).hasPrefix(prefix)
  }
}
