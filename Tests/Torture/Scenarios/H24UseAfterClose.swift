import Glibc
import Sockets
import SocketsTesting

/// Hazard 24: tasks use a connection while another closes it and a thread opens and closes files and
/// sockets, which get the numbers that come free.
///
/// A library that makes a system call with a number that it has just closed writes into a stranger's
/// file, or reads a stranger's bytes. Here the files keep their bytes and their position, the strange
/// sockets receive nothing, and the operations fail with nothing but `closed`.
enum UseAfterClose: Scenario {
  static let name = "H24"
  static let summary = "no call reaches whoever has the closed socket's number now"
  static let size = Size.rounds(6_000, brief: 400)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let isOver = Counter()
    let strangers = run.generator()
    async let opened = onThread { Result { try openAndClose(until: isOver, strangers) } }
    let listener = try await TCPListener.bind(to: run.loopback())
    let calls = Counter()
    do {
      while run.next() {
        let (near, far) = try await run.pair(through: listener, on: run.reactor(&random))
        try await withThrowingTaskGroup { group in
          let bytes = [UInt8](repeating: 0x58, count: random.pick(1...20_000))
          for _ in 0..<2 {
            group.addTask(executorPreference: run.home(near.reactor, &random)) {
              try await untilClosed(near, calls) { try await near.write(bytes) }
            }
          }
          group.addTask(executorPreference: run.home(near.reactor, &random)) {
            try await untilClosed(near, calls) { _ = try await near.read(upTo: 100) }
          }
          group.addTask(executorPreference: run.home(far.reactor, &random)) {
            // The peer sees an end, or a reset if it has sent what was not read.
            while let bytes = try? await far.read(upTo: 60_000), bytes.count > 0 {
              try? await far.write([1, 2, 3])
            }
          }
          await random.pause(upTo: .microseconds(150))
          near.close()
          try await group.waitForAll()
          far.close()
        }
      }
    } catch {
      isOver.set(1)
      throw error
    }
    isOver.set(1)
    try await closeOnOneThread(listener, run, max(1, run.rounds / 20))
    listener.close()
    let count = try await opened.get()
    let closes = min(run.begun.value, run.rounds)
    run.note("\(calls.value) calls around \(closes) closes, \(count) strangers")
  }

  /// Closes while a task of the same thread reads and another writes without a pause: on one thread, what
  /// succeeds while the connection is closed has made its system call after the close.
  private static func closeOnOneThread(
    _ listener: TCPListener,
    _ run: Run,
    _ rounds: Int
  ) async throws {
    var random = run.generator()
    for _ in 0..<rounds {
      run.beat()
      let (near, far) = try await run.pair(through: listener, on: run.reactor(&random))
      try await far.write([UInt8](repeating: 1, count: 10_000))
      let turns = random.pick(0...20)
      try await withThrowingTaskGroup { group in
        for isReader in [true, false] {
          group.addTask(executorPreference: near.reactor) {
            do {
              while true {
                if isReader { _ = try await near.read(upTo: 1) } else { try await near.write([1]) }
                try expect(
                  !near.isClosed,
                  "no \(isReader ? "read" : "write") succeeds after the close",
                  seen: "one did"
                )
              }
            } catch let error as SocketError {
              try expect(error.code, .closed, "the one way in which it may fail (\(error))")
            }
          }
        }
        group.addTask(executorPreference: near.reactor) {
          for _ in 0..<turns { await Task.yield() }
          near.close()
        }
        try await group.waitForAll()
      }
      far.close()
    }
  }

  /// Repeats an operation until the connection is closed.
  private static func untilClosed(
    _ connection: TCPConnection,
    _ calls: Counter,
    _ body: nonisolated(nonsending) () async throws -> Void
  ) async throws {
    do {
      while true {
        try await body()
        calls.add(1)
      }
    } catch let error as SocketError {
      try expect(error.code, .closed, "the one way in which it may fail (\(error))")
      try expect(connection.isClosed, "it is closed", seen: "not closed")
    }
  }

  /// Opens and closes files and sockets as fast as it can, and looks at each before it closes it.
  ///
  /// - Returns: How many.
  private static func openAndClose(until isOver: Counter, _ generator: SplitMix64) throws -> Int {
    var random = generator
    let content = [UInt8](repeating: 0x2E, count: 4096)
    var name = Array("/tmp/torture-XXXXXX".utf8CString)
    let first = unsafe mkstemp(&name)
    try expect(first >= 0, "mkstemp", seen: "error \(errno)")
    _ = unsafe write(first, content, content.count)
    _ = close(first)
    defer { unsafe unlink(name) }

    var count = 0
    while isOver.value == 0 {
      count += 1
      if random.oneIn(2) {
        let file = unsafe open(name, O_RDWR | O_CLOEXEC)
        spin(for: .nanoseconds(random.pick(0...20_000)))
        let position = lseek(file, 0, SEEK_CUR)
        let size = lseek(file, 0, SEEK_END)
        _ = close(file)
        try expect([position, size], [0, content.count], "position and size of a strange file")
      } else {
        let (near, far) = try RawSocket.pair()
        RawSocket.poke(near)
        RawSocket.poke(far)
        spin(for: .nanoseconds(random.pick(0...20_000)))
        let received = [RawSocket.drain(near), RawSocket.drain(far)]
        RawSocket.close(near, far)
        try expect(received, [1, 1], "bytes in a strange pair of sockets")
      }
    }
    return count
  }
}
