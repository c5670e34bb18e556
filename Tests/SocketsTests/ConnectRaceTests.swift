import Glibc
import SocketsTesting
import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ConnectRaceTests {
  /// Only the sockets of one test are here, so they can be counted.
  let reactor: Reactor
  private let ledger = DescriptorLedger()
  private let ownDescriptors: Int

  init() throws {
    reactor = try Reactor(name: "race", kernel: ledger.kernel())
    ownDescriptors = ledger.open.count
  }

  /// How many sockets are open.
  var descriptors: Int { ledger.open.count - ownDescriptors }

  /// An address of this machine that nobody listens at.
  func deadAddress(_ address: SocketAddress = .loopback(port: 0)) async throws -> SocketAddress {
    try await unusedAddress(at: address) { try await TCPListener.bind(to: $0).close() }
  }

  func connect(
    _ resolver: ScriptedResolver,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> TCPConnection {
    try await TCPConnection.connect(
      to: "server.example",
      port: 80,
      resolver: resolver,
      deadline: deadline,
      on: reactor
    )
  }

  @Test func `a black hole costs a quarter of a second, and one descriptor is left`() async throws {
    let silent = try await SilentPort(over: .loopbackIPv6(port: 0))
    defer { silent.close() }
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }

    let start = ContinuousClock.now
    let connection = try await connect(.init([silent.address, listener.localAddress]))
    let elapsed = ContinuousClock.now - start
    #expect(connection.remoteAddress == listener.localAddress)
    #expect(elapsed >= .milliseconds(250))  // the smoke test has the upper limit
    #expect(descriptors == 1)

    let timeline = try #require(connection.connectTimeline)
    #expect(timeline.endpoint.description == "server.example:80")
    #expect(timeline.attempts.map(\.address) == [silent.address, listener.localAddress])
    #expect(timeline.attempts.map(\.outcome) == [.givenUp, .connected])
    #expect(timeline.endedAt <= elapsed)
    connection.close()
    #expect(descriptors == 0)
    #expect(connection.connectTimeline == timeline)
  }

  @Test func `a refused address costs nothing`() async throws {
    let dead = try await deadAddress(.loopbackIPv6(port: 0))
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }
    let connection = try await connect(.init([dead, listener.localAddress]))
    let attempts = try #require(connection.connectTimeline?.attempts)
    #expect(attempts.map(\.outcome) == [.failed(.connectionRefused, errno: 111), .connected])
    #expect(descriptors == 1)
    connection.close()
  }

  @Test func `when all fail the error lists every address with its reason`() async throws {
    let dead = [try await deadAddress(.loopbackIPv6(port: 0)), try await deadAddress()]
    let error = try #require(
      await #expect(throws: SocketError.self) { try await connect(.init(dead)) }
    )
    #expect(error.code == .connectionRefused)
    #expect(error.operation == .connect)
    let timeline = try #require(error.connectTimeline)
    #expect(timeline.attempts.map(\.address) == dead)
    for address in dead {
      #expect(
        error.detail?.contains("\(address) connection refused (ECONNREFUSED, errno 111)") == true
      )
    }
    #expect(!error.description.contains("\n"))
    #expect(descriptors == 0)
  }

  @Test func `of two connections that are there at the same time one is left`() async throws {
    let listeners = try await TCPListener.bind(
      to: "me.example",
      port: 0,
      resolver: ScriptedResolver([.loopbackIPv6(port: 0), .loopback(port: 0)])
    )
    defer { for listener in listeners { listener.close() } }
    // Events are held back until both attempts are under way; then both are reported in one turn.
    let connects = Atomic<Int>(0)
    var calls = SystemCalls()
    let (realConnect, realWait) = unsafe (calls.connect, calls.epollWait)
    unsafe calls.connect = { number, address in
      defer { connects.add(1, ordering: .relaxed) }
      return unsafe realConnect(number, address)
    }
    unsafe calls.epollWait = { epoll, events, milliseconds in
      let isHeldBack = connects.load(ordering: .relaxed) == 1
      if isHeldBack { usleep(1_000) }
      return isHeldBack ? 0 : unsafe realWait(epoll, events, milliseconds)
    }
    let ledger = DescriptorLedger()
    let scripted = try Reactor(name: "both", kernel: ledger.kernel(calls))
    let before = ledger.open.count
    let connection = try await TCPConnection.connect(
      to: "server.example",
      port: 80,
      resolver: ScriptedResolver(listeners.map(\.localAddress)),
      on: scripted
    )
    #expect(ledger.open.count == before + 1)
    #expect(ledger.faults.isEmpty)
    let outcomes = try #require(connection.connectTimeline?.attempts.map(\.outcome))
    #expect(Set(outcomes) == [.connected, .givenUp])
    for listener in listeners {
      let accepted = try await listener.accept()
      let isWinner = listener.localAddress == connection.remoteAddress
      if isWinner { try await connection.write([7]) }
      #expect(try await accepted.read(upTo: 9) == (isWinner ? [7] : nil))
      accepted.close()
    }
    connection.close()
    #expect(ledger.open.count == before)
  }

  @Test func `an unreachable network is not the reason that is told`() async throws {
    // No network has this address, and connecting to it from the loopback interface fails at once.
    var calls = SystemCalls()
    let real = unsafe calls.connect
    unsafe calls.connect = { number, address in
      unsafe address.count > 16 ? -101 : real(number, address)
    }
    let scripted = try Reactor(kernel: Kernel(calls))
    let dead = try await deadAddress()
    let error = try #require(
      await #expect(throws: SocketError.self) {
        try await TCPConnection.connect(
          to: "server.example",
          port: 80,
          resolver: ScriptedResolver([.loopbackIPv6(port: 1), dead]),
          on: scripted
        )
      }
    )
    #expect(error.code == .connectionRefused)
    #expect(
      error.connectTimeline?.attempts.map(\.outcome) == [
        .failed(.networkUnreachable, errno: 101), .failed(.connectionRefused, errno: 111),
      ]
    )
    #expect(scripted.statistics.registrations == 0)
  }

  @Test func `a single address fails as itself`() async throws {
    let dead = try await deadAddress()
    let error = await #expect(throws: SocketError.self) {
      try await TCPConnection.connect(to: Endpoint(dead), on: reactor)
    }
    #expect(error?.code == .connectionRefused)
    #expect(error?.errno == 111)
    #expect(error?.remoteAddress as? SocketAddress == dead)
    #expect(error?.connectTimeline?.attempts.count == 1)
  }

  @Test func `the caller chooses the address to connect from, and with it the family`() async throws
  {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }
    let port = listener.localAddress.port
    let addresses: [SocketAddress] = [.loopbackIPv6(port: port), listener.localAddress]
    let connection = try await TCPConnection.connect(
      to: "server.example",
      port: 80,
      from: try SocketAddress("127.0.0.2", port: 0),
      resolver: ScriptedResolver(addresses),
      on: reactor
    )
    #expect(connection.localAddress.ip == (try IPAddress(parsing: "127.0.0.2")))
    #expect(connection.connectTimeline?.attempts.map(\.address) == [listener.localAddress])
    connection.close()

    let error = await #expect(throws: SocketError.self) {
      try await TCPConnection.connect(
        to: Endpoint(listener.localAddress),
        from: .loopbackIPv6(port: 0),
        on: reactor
      )
    }
    #expect(error?.code == .nameNotFound)
    #expect(descriptors == 0)
  }

  @Test func `a local port alone is for both families`() async throws {
    let listeners = try await TCPListener.bind(
      to: "me.example",
      port: 0,
      resolver: ScriptedResolver([.loopback(port: 0), .loopbackIPv6(port: 0)])
    )
    defer { for listener in listeners { listener.close() } }
    for listener in listeners {
      let connection = try await TCPConnection.connect(
        to: Endpoint(listener.localAddress),
        from: .any(port: 0),
        on: reactor
      )
      #expect(connection.remoteAddress == listener.localAddress)
      #expect(connection.localAddress.ip == listener.localAddress.ip)
      connection.close()
    }
    // A port that is taken shows that it was asked for.
    let error = await #expect(throws: SocketError.self) {
      try await TCPConnection.connect(
        to: Endpoint(listeners[1].localAddress),
        from: .any(port: listeners[1].localAddress.port),
        on: reactor
      )
    }
    #expect(error?.code == .addressInUse)
    #expect(descriptors == 0)
  }

  @Test func `at the deadline nothing is left`() async throws {
    let silent = try await SilentPort(over: .loopback(port: 0))
    defer { silent.close() }
    let start = ContinuousClock.now
    let error = await #expect(throws: SocketError.self) {
      try await connect(.init([silent.address]), deadline: start + .milliseconds(30))
    }
    let elapsed = ContinuousClock.now - start
    #expect(error?.code == .timedOut)
    #expect(error?.operation == .connect)
    #expect(error?.connectTimeline?.attempts.map(\.outcome) == [.givenUp])
    #expect(elapsed >= .milliseconds(30))
    #expect(descriptors == 0)
  }

  @Test func `a deadline during the look-up is the look-up's`() async throws {
    let start = ContinuousClock.now
    let error = await #expect(throws: SocketError.self) {
      try await connect(.init(hangingAfter: []), deadline: start + .milliseconds(30))
    }
    #expect(error?.code == .timedOut)
    #expect(error?.operation == .resolve)
    #expect(error?.connectTimeline?.resolvedAt == nil)
    #expect(ContinuousClock.now - start >= .milliseconds(30))
  }

  @Test func `hundreds of connects that are cancelled or out of time leave nothing`() async throws {
    let silent = try await SilentPort(over: .loopback(port: 0))
    defer { silent.close() }
    let other = try await SilentPort(over: .loopbackIPv6(port: 0))
    defer { other.close() }
    let addresses = [other.address, silent.address]
    try await withThrowingTaskGroup(of: Void.self) { group in
      for number in 0..<300 {
        group.addTask {
          do {
            let deadline: ContinuousClock.Instant? =
              number % 2 == 0 ? .now + .milliseconds(number) : nil
            _ = try await connect(.init(addresses), deadline: deadline)
            Issue.record("connected")
          } catch is CancellationError {
          } catch let error as SocketError {
            #expect(error.code == .timedOut)
          }
        }
      }
      for _ in 0..<150 { try await group.next() }  // those with a deadline
      group.cancelAll()
      try await group.waitForAll()
    }
    #expect(descriptors == 0)
    #expect(reactor.statistics.parkedReaders == 0)
    #expect(reactor.statistics.parkedWriters == 0)
  }

  @Test func `cancelled at any moment it has connected or has left nothing`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }
    let dead = try await deadAddress(.loopbackIPv6(port: 0))
    let addresses = [dead, listener.localAddress]
    var random = SplitMix64(seed: 19)
    for _ in 0..<300 {
      let task = Task { try await connect(.init(addresses)) }
      for _ in 0..<Int.random(in: 0..<40, using: &random) { await Task.yield() }
      task.cancel()
      switch await task.result {
      case .success(let connection):
        #expect(descriptors == 1)
        connection.reset()
        try await listener.accept().close()
      case .failure(let error): #expect(error is CancellationError)
      }
      #expect(descriptors == 0)
    }
  }

  @Test func `IPv4 connects while the IPv6 answer never comes`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }
    let connection = try await connect(.init(hangingAfter: [[listener.localAddress]]))
    let attempt = try #require(connection.connectTimeline?.attempts.first)
    #expect((attempt.startedAt ?? .zero) - attempt.resolvedAt >= .milliseconds(50))
    #expect(connection.connectTimeline?.resolvedAt == nil)
    connection.close()
  }

  @Test func `the resolver's failure is the error`() async throws {
    struct Foreign: Error {}
    let notFound = SocketError(.nameNotFound, operation: .resolve, detail: "no such name")
    let cases: [(ScriptedResolver, SocketError.Code)] = [
      (.init(failing: notFound), .nameNotFound), (.init(failing: Foreign()), .nameResolutionFailed),
      (.init(failing: CancellationError()), .nameResolutionFailed), (.init([]), .nameNotFound),
    ]
    for (resolver, code) in cases {
      let error = await #expect(throws: SocketError.self) { try await connect(resolver) }
      #expect(error?.code == code)
      #expect(error?.operation == .resolve)
      #expect(error?.connectTimeline?.attempts.isEmpty == true)
    }
  }

  @Test func `numbers need no resolver, and have a timeline`() async throws {
    let listener = try await TCPListener.bind(to: .loopback(port: 0))
    defer { listener.close() }
    let resolver = ScriptedResolver(failing: SocketError(.other, operation: .resolve))
    let port = listener.localAddress.port
    let remote = try await TCPConnection.connect(to: "127.0.0.1", port: port, resolver: resolver) {
      #expect($0.connectTimeline?.attempts.map(\.outcome) == [.connected])
      return $0.remoteAddress
    }
    #expect(remote == listener.localAddress)
    let plain = try await TCPConnection.connect(to: listener.localAddress)
    #expect(plain.connectTimeline == nil)
    plain.close()
  }

  @Test(arguments: ["127.1", "0x7f000001", "2130706433", "017700000001", "a\u{0}b", "", "[::1]"])
  func `what is no host name is refused before any look-up`(host: String) async throws {
    let error = await #expect(throws: SocketError.self) {
      try await TCPConnection.connect(
        to: host,
        port: 80,
        resolver: ScriptedResolver([.loopback(port: 80)])
      )
    }
    #expect(error?.code == .invalidAddress)
  }

  @Test func `a task that is cancelled already asks nobody`() async throws {
    let task = Task {
      while !Task.isCancelled { await Task.yield() }
      return try await connect(.init([.loopback(port: 9)]))
    }
    task.cancel()
    await #expect(throws: CancellationError.self) { try await task.value }
    #expect(descriptors == 0)
  }
}
