import Glibc
import Sockets

/// Hazard 34: five thousand clients that send a byte now and then.
///
/// They keep whatever a connection takes, for as long as they like. Here the limit of connections holds, the
/// rest waits in the kernel, memory stays flat, and the lifetime evicts them, so that everybody's turn
/// comes.
enum SlowClients: Scenario {
  static let name = "H34"
  static let summary = "5,000 slow clients: the limit holds, memory is flat, deadlines evict"
  static let size = Size.rounds(5_000, brief: 500)

  static func run(_ run: Run) async throws {
    let clients = run.rounds
    let limit = max(1, clients / 5)
    let lifetime = Duration.seconds(clients >= 5_000 ? 6 : 1)
    let listener = try await TCPListener.bind(to: run.loopback(), backlog: clients)
    let open = Counter()
    let most = Counter()
    let failures = Counter()
    async let report = listener.serve(
      maxConnections: limit,
      limits: ConnectionLimits(idle: lifetime * 2, lifetime: lifetime),
      onFailure: { _, error in
        if (error as? SocketError)?.code == .timedOut { failures.add(1) }
      },
      handler: { connection in
        most.raise(to: open.add(1))
        defer { open.add(-1) }
        _ = try await connection.read(exactly: 1_000)
      }
    )
    let crowd = try SlowCrowd(clients, to: listener.localAddress)
    let memory = ProcessFigures.residentBytesNow
    var peak = memory
    var cpu = ProcessFigures.processorTime
    let begin = ContinuousClock.now
    while failures.value < clients {
      try await Task.sleep(for: .milliseconds(100))
      crowd.sendSome()
      run.beat()
      run.begun.set(failures.value)
      peak = max(peak, ProcessFigures.residentBytesNow)
      let time = ContinuousClock.now - begin
      try expect(time < lifetime * 30, "all are evicted in turn", seen: "\(failures.value)")
    }
    cpu = ProcessFigures.processorTime - cpu
    let time = ContinuousClock.now - begin
    crowd.close()
    listener.drain(grace: .seconds(10))
    let served = try await report
    try expect(most.value <= limit, "at most \(limit) at once", seen: "\(most.value)")
    try expect(served.peak <= limit, "at most \(limit) at once", seen: "\(served.peak)")
    try expect(served.failed, clients, "evicted")
    let grown = (peak - memory) >> 10
    if !ProcessFigures.isSanitized {
      let allowed = limit * 8 + 4096
      try expect(grown < allowed, "memory grew by less than \(allowed) KiB", seen: "\(grown) KiB")
    }
    run.note(
      "\(clients) clients, \(served.peak) at once, all evicted in "
        + "\(decimal(time / .seconds(1), digits: 1)) s, +\(grown) KiB, "
        + "\(decimal(cpu / time * 100, digits: 1)) % CPU"
    )
  }
}

/// Many clients that are no tasks: plain sockets that send a byte in turn.
private final class SlowCrowd {
  private var sockets: [Int32] = []
  private var next = 0

  /// Connects them all: those that are not accepted yet are the kernel's.
  init(_ count: Int, to address: SocketAddress) throws {
    guard case .v4(let host) = address.ip else { throw Failure("an IPv4 address is needed") }
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = address.port.bigEndian
    name.sin_addr.s_addr = host.rawValue.bigEndian
    for _ in 0..<count {
      let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
      let number = socket(AF_INET, kind | Int32(SOCK_NONBLOCK.rawValue), 0)
      try expect(number >= 0, "a socket", seen: "error \(errno)")
      sockets.append(number)
      let result = unsafe withUnsafePointer(to: name) { name in
        unsafe name.withMemoryRebound(to: sockaddr.self, capacity: 1) { name in
          unsafe connect(number, name, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      try expect(result == 0 || errno == EINPROGRESS, "a connect", seen: "error \(errno)")
    }
  }

  /// Has the next fiftieth of them send a byte: each does so every five seconds.
  func sendSome() {
    for _ in 0..<max(1, sockets.count / 50) {
      RawSocket.poke(sockets[next % sockets.count])
      next += 1
    }
  }

  func close() { for number in sockets { _ = Glibc.close(number) } }
}
