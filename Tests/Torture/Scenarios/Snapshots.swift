import Glibc
import Sockets

/// Looking at ten thousand connections of a running process.
///
/// A look under one lock, or in one piece on a reactor's thread, would hold every connection up for as
/// long as it takes. Here one task of the same reactor goes round and round meanwhile, and tells how long it
/// ever had to wait for its next turn. That is processor time of the thread: whatever else the machine does
/// is not the snapshot's doing. The rounds are connections.
enum Snapshots: Scenario {
  static let name = "snapshots"
  static let summary = "looking at 10,000 connections takes milliseconds, and holds nobody up"
  static let size = Size.rounds(10_000, brief: 2_000)

  /// The allocator keeps what so many connections and their table took.
  static let memory = 32 << 20

  /// How often to look.
  private static let looks = 20

  static func run(_ run: Run) async throws {
    try raiseLimit(toHold: run.rounds)
    let listener = try await TCPListener.bind(to: run.loopback(), backlog: 1_024)
    var connections: [TCPConnection] = []
    while connections.count < run.rounds {
      connections.append(try await TCPConnection.connect(to: listener.localAddress))
      connections.append(try await listener.accept())
      try await connections[connections.count - 1].write("x")
      run.beat()
    }
    let (times, costs, gaps) = (Latencies(), Latencies(), Latencies())
    for _ in 0..<looks {
      let (begin, processorTime) = (ContinuousClock.now, ProcessFigures.processorTime)
      let snapshot = await Reactor.snapshot()
      times.add(ContinuousClock.now - begin)
      costs.add(ProcessFigures.processorTime - processorTime)
      try check(snapshot, connections)
      run.beat()
    }
    for reactor in try Reactor.sharedReactors() {
      let isDone = Counter()
      try await withThrowingTaskGroup { group in
        group.addTask(executorPreference: reactor) {
          defer { isDone.set(1) }
          for _ in 0..<looks {
            _ = await Reactor.snapshot()
            run.beat()
          }
        }
        group.addTask(executorPreference: reactor) {
          var last = threadTime
          while isDone.value == 0 {
            await Task.yield()
            let now = threadTime
            gaps.add(now - last)
            last = now
          }
        }
        try await group.waitForAll()
      }
    }
    let begin = ContinuousClock.now
    let length = await Reactor.snapshot().description.utf8.count
    let printing = ContinuousClock.now - begin
    try await lookDuringCloses(connections)
    listener.close()
    run.note(
      "\(connections.count) connections in \(times.text), processor time \(costs.text); "
        + "on a reactor, the others wait \(gaps.text); a text of \(length >> 10) KiB in \(printing.text)"
    )
  }

  /// How much processor time this thread has had.
  private static var threadTime: Duration {
    var time = timespec()
    unsafe clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
    return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
  }

  /// Checks that a snapshot has every connection.
  private static func check(_ snapshot: SocketSnapshot, _ connections: [TCPConnection]) throws {
    let found = snapshot.sockets.filter { $0.tcpInfo?.state == .established }
    try expect(found.count, connections.count, "connections in the snapshot")
    try expect(found.reduce(0) { $0 + $1.bytesWritten }, found.count / 2, "bytes written")
    try expect(found.reduce(0) { $0 + ($1.receiveQueue ?? 0) }, found.count / 2, "bytes unread")
  }

  /// Takes snapshots while the connections are closed.
  private static func lookDuringCloses(_ connections: [TCPConnection]) async throws {
    try await withThrowingTaskGroup { group in
      group.addTask { for connection in connections { connection.close() } }
      var left = connections.count
      while left > 0 {
        let found = await Reactor.snapshot().sockets.count { $0.identity.kind == .tcpConnection }
        try expect(found <= left, "no more than the \(left) seen before", seen: "\(found)")
        left = found
      }
      try await group.waitForAll()
    }
  }

  /// Allows so many descriptors, and some for the rest.
  private static func raiseLimit(toHold count: Int) throws {
    var limit = rlimit()
    let resource = __rlimit_resource_t(7)  // RLIMIT_NOFILE
    try expect(unsafe getrlimit(resource, &limit), 0, "getrlimit")
    let needed = rlim_t(count + 200)
    if limit.rlim_cur >= needed { return }
    limit.rlim_cur = needed
    limit.rlim_max = max(limit.rlim_max, needed)
    try expect(unsafe setrlimit(resource, &limit), 0, "setrlimit, for \(needed) descriptors")
  }
}
