import Glibc
import Sockets

/// A9, hazard 30: the process runs out of descriptors while clients queue.
///
/// With edge-triggered epoll no event tells that descriptors are free again: a listener that waits for
/// one is deaf for good. A level-triggered one spins instead. Here the server neither ends nor works,
/// and serves everybody soon after: at once when the library itself closes something, and within a second
/// when others do.
enum NoDescriptors: Scenario {
  static let name = "A9"
  static let summary =
    "a server without descriptors waits quietly, and serves all once there are some"
  static let size = Size.rounds(10, brief: 2)

  /// How many clients queue.
  private static let clients = 50

  static func run(_ run: Run) async throws {
    let (ours, foreign) = (Latencies(), Latencies())
    var most = 0.0
    while run.next() {
      for isOurs in [true, false] {
        let (time, share) = try await starve(run, isOurs: isOurs)
        (isOurs ? ours : foreign).add(time)
        most = max(most, share)
      }
      _ = try await starve(run, isOurs: false, isBusy: true)
    }
    try expectPrompt(ours.worst, "serving all after closes of the library")
    try expectPrompt(foreign.worst - .seconds(1), "serving all after other closes")
    run.note("all \(clients) served after \(ours.text); after closes of others \(foreign.text)")
    run.note("waiting takes at most \(decimal(most, digits: 2)) % of a processor")
  }

  /// Has clients queue at a server that has no descriptor for them, then gives it some.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - isOurs: Whether the library closes the descriptors that come free.
  ///   - isBusy: Whether the task pool has much to do meanwhile.
  /// - Returns: How long it then took to serve all, and how much of a processor it took to wait, in percent.
  /// - Throws: ``Failure``, or what the library throws.
  private static func starve(
    _ run: Run,
    isOurs: Bool,
    isBusy: Bool = false
  ) async throws -> (time: Duration, share: Double) {
    let listener = try await TCPListener.bind(to: run.loopback())
    var ballast: [TCPConnection] = []
    var foreign: [Int32] = []
    var queued: [TCPConnection] = []
    for _ in 0..<clients {
      queued.append(try await .connect(to: listener.localAddress))
      if isOurs {
        let (near, far) = try await TCPConnection.pair()
        ballast += [near, far]
      } else {
        let (near, far) = try RawSocket.pair()
        foreign += [near, far]
      }
    }
    let limit = try lowerLimit()
    defer { restore(limit) }
    async let report = listener.serve { connection in
      for try await chunk in connection.chunks { try await connection.write(chunk) }
    }
    var share = 0.0
    if isBusy {
      await keepPoolBusy(for: .milliseconds(2500))
    } else {
      try await Task.sleep(for: .milliseconds(100))
      let cpu = ProcessFigures.processorTime
      try await Task.sleep(for: .milliseconds(900))
      share = (ProcessFigures.processorTime - cpu) / .milliseconds(900) * 100
      if !ProcessFigures.isSanitized {
        try expect(share < 1, "waiting takes less than 1 % of a processor", seen: "\(share) %")
      }
    }
    for connection in ballast { connection.close() }
    for descriptor in foreign { _ = close(descriptor) }
    let begin = ContinuousClock.now
    for client in queued { try await client.write("x") }
    for client in queued {
      try expect(try await client.read(exactly: 1), Array("x".utf8), "the echo")
      run.beat()
    }
    let time = ContinuousClock.now - begin
    for client in queued { client.close() }
    listener.drain(grace: .seconds(10))
    let served = try await report
    try expect(served.accepted, clients, "clients accepted")
    try expect(served.pauses > 0, "accepting has paused", seen: "\(served.pauses)")
    return (time, share)
  }

  /// Has more to do for the task pool than it has threads, so that libdispatch looks, once a second, at what
  /// they do: by way of `/proc`, for which it needs a descriptor.
  private static func keepPoolBusy(for duration: Duration) async {
    let end = ContinuousClock.now + duration
    await withTaskGroup { group in
      for _ in 0..<4 * ProcessFigures.processors {
        group.addTask(executorPreference: globalConcurrentExecutor) {
          while ContinuousClock.now < end {
            spin(for: .milliseconds(5))
            await Task.yield()
          }
        }
      }
    }
  }

  /// Allows one more descriptor than there are: the one that a listener keeps in reserve, and leaves to
  /// libdispatch while it waits, which traps without.
  ///
  /// - Returns: The limit before.
  private static func lowerLimit() throws -> rlimit {
    var limit = rlimit()
    try expect(unsafe getrlimit(__rlimit_resource_t(7), &limit), 0, "getrlimit")  // RLIMIT_NOFILE
    // The next number is the first that is not open; every lower one is.
    let next = dup(0)
    try expect(next >= 0, "a free number", seen: "\(errno)")
    _ = close(next)
    var lower = limit
    lower.rlim_cur = rlim_t(next + 1)
    try expect(unsafe setrlimit(__rlimit_resource_t(7), &lower), 0, "setrlimit")
    return limit
  }

  private static func restore(_ limit: rlimit) {
    var limit = limit
    _ = unsafe setrlimit(__rlimit_resource_t(7), &limit)
  }
}
