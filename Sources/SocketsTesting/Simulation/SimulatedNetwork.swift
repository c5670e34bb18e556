public import Sockets

/// A network in memory, with the faults of a real one and a clock of its own, behind the same types that programs use
/// for real sockets.
///
/// ```swift
/// try await SimulatedNetwork.run(seed: 1) { network in
///   network.links { $0.latency = .milliseconds(40) }
///   let listener = try await TCPListener.bind(to: SocketAddress("10.0.0.1", port: 80))
///   async let report = listener.serve(handler: serve)
///   let connection = try await TCPConnection.connect(to: listener.localAddress)
///   …
/// }
/// ```
///
/// **What is simulated** is the kernel: descriptors, TCP, UDP, Unix-domain sockets of all three types, epoll, and the
/// network between hosts. The library above it is the real one, and so is the program. A socket is simulated if its
/// reactor is ``reactor``; within ``run(seed:_:)`` that is the default. Any IP address can be bound, each is a
/// host. No real port, file or descriptor is touched.
///
/// **Time** is simulated as well: it stands still while anything runs, and when everybody waits it goes on at once
/// to the next event: a packet that arrives, a deadline. A timeout of an hour takes no time. Whatever runs in
/// ``run(seed:_:)`` sees that time, on `ContinuousClock` and all clocks of the system: deadlines, `withDeadline`,
/// `Reactor.sleep`, the limits of servers. Other threads keep the real time, and nobody waits for them: `Task.sleep`,
/// which is theirs, does not follow. Sleep by `Reactor.sleep(for:)`.
///
/// **Runs repeat**: everything in ``run(seed:_:)`` runs on one thread, in an order that depends on the seed alone. A run
/// that fails is repeated by its seed. For that, the program must not use what is outside: threads of its own, the main
/// actor, real files or real chance (`SystemRandomNumberGenerator`, the order of a `Set`).
///
/// What has no meaning here is refused as not supported, never done wrongly: multicast, urgent data, descriptors in
/// messages, multipath TCP, sends without a copy, descriptors of the real kernel.
public final class SimulatedNetwork: Sendable {
  /// The seed that the run began with.
  public let seed: UInt64

  /// The one reactor whose sockets are in the network.
  ///
  /// The default of every call that takes a reactor, for whatever runs in ``run(seed:_:)``.
  public let reactor: Reactor

  /// Who answers look-ups of names: the default resolver of whatever runs in ``run(seed:_:)``.
  public let resolver = SimulatedResolver()

  /// The kernel.
  let kernel: SimulatedKernel

  private init(seed: UInt64) throws {
    Reactor.startClock()
    self.seed = seed
    kernel = SimulatedKernel(seed: seed)
    reactor = try Reactor(name: "simulation", kernel: Kernel(kernel.systemCalls))
  }

  /// Makes a network and runs a body in it.
  ///
  /// The body, and all tasks that it starts as children, run on the thread of the network's reactor. When
  /// the body is over, all sockets that are left are closed.
  ///
  /// Cancelling the task cancels the body, as any task; this returns when the body does.
  ///
  /// - Parameters:
  ///   - seed: The number that all chance comes from: a run with the same seed goes the same way.
  ///   - body: What to run.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or `SocketError` when no thread can be started.
  @concurrent
  public static func run<Result: Sendable>(
    seed: UInt64 = 1,
    _ body: @Sendable (SimulatedNetwork) async throws -> Result
  ) async throws -> Result {
    let network = try SimulatedNetwork(seed: seed)
    network.reactor.standIn(true)
    defer { network.reactor.standIn(false) }
    do {
      let result = try await SystemResolver.$standIn.withValue(network.resolver) {
        try await network.runAsChild(body)
      }
      await network.end()
      return result
    } catch {
      await network.end()
      throw error
    }
  }

  /// Runs the body in a child task that prefers the reactor from the start.
  ///
  /// (`withTaskExecutorPreference` did not bring the body to the reactor's thread with Swift 6.3.1.)
  private func runAsChild<Result: Sendable>(
    _ body: @Sendable (SimulatedNetwork) async throws -> Result
  ) async throws -> Result {
    try await withoutActuallyEscaping(body) { body in
      try await withThrowingTaskGroup(of: Result.self) { group in
        group.addTask(executorPreference: reactor) { try await body(self) }
        guard let result = try await group.next() else { throw CancellationError() }
        return result
      }
    }
  }

  private func end() async {
    await reactor.stop()
    kernel.tearDown()
  }

  /// How long the network has existed, in its own time.
  public var elapsed: Duration { .nanoseconds(kernel.monitor.locked { kernel.now }) }

  /// How many descriptors are open: sockets, and what the library keeps in reserve for its listeners.
  public var openDescriptors: Int { kernel.monitor.locked { kernel.openCount } }

  /// How many descriptors may be open; a call that needs one more fails with
  /// `tooManyOpenFiles` (`EMFILE`).
  public var descriptorLimit: Int {
    get { kernel.monitor.locked { kernel.descriptorLimit } }
    set { kernel.monitor.locked { kernel.descriptorLimit = newValue } }
  }

  /// How system calls behave from now on.
  public var calls: CallFaults {
    get { kernel.monitor.locked { kernel.calls } }
    set { kernel.monitor.locked { kernel.calls = newValue } }
  }

  /// How large the buffers of a new socket are unless it sets `SO_SNDBUF` and `SO_RCVBUF`: each, in bytes.
  public var bufferSize: Int {
    get { kernel.monitor.locked { kernel.receiveBuffer } }
    set {
      kernel.monitor.locked { (kernel.sendBuffer, kernel.receiveBuffer) = (newValue, newValue) }
    }
  }

  /// Runs a body as a host: what it opens without an address speaks from there, and a wildcard is the host's own.
  ///
  /// ```swift
  /// try await network.host(.v4(IPv4Address(10, 0, 0, 7))) { try await runClient() }
  /// ```
  ///
  /// Child tasks that it starts belong to the host as well. Outside of any, sockets speak from `127.0.0.1` and `::1`.
  /// Cancelling the task cancels the body, as any task.
  ///
  /// - Parameters:
  ///   - address: The host's address.
  ///   - body: What to run.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  public nonisolated(nonsending) func host<Result>(
    _ address: IPAddress,
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async rethrows -> Result {
    try await CurrentHost.$address.withValue(address, operation: body)
  }
}

/// The host that a task belongs to.
enum CurrentHost {
  @TaskLocal static var address: IPAddress?
}
