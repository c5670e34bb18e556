public import Sockets

/// Stands between a client and a server over real sockets, and does to the bytes what bad networks do.
///
/// ```swift
/// try await FaultProxy.run(to: server.localAddress) { proxy in
///   proxy.toClient.pieceSize = 1
///   proxy.toServer.resetAfter = 100
///   let connection = try await TCPConnection.connect(to: proxy.address)
///   …
/// }
/// ```
///
/// It listens on the loopback interface, at a port that the kernel chooses, and connects to the server once for
/// each client; any client will do, also one in another process or of another language. The faults of each direction
/// can be changed at any time, and hold for all connections from the next byte on. Without any it passes on everything:
/// bytes, ends and resets.
///
/// The bytes go through real sockets with their buffers: what is sent in pieces of one byte may be read in larger ones,
/// and times are those of a real clock. Where a test has to know exactly what happens, use a simulated network.
public final class FaultProxy: Sendable {
  /// Where clients connect to.
  public let address: SocketAddress

  /// The server's address.
  public let target: SocketAddress

  let reactor: Reactor
  let state: Lock<State>
  /// The listeners, of which each but the last is closed.
  private let listeners: AsyncStream<TCPListener>
  private let nextListener: AsyncStream<TCPListener>.Continuation

  struct State {
    var toServer = Faults()
    var toClient = Faults()
    var listener: TCPListener
    var connectionCount = 0
    /// Those that are open.
    var connections: Set<TCPConnection> = []
    /// Whether the proxy has ended, and with it every connection.
    var isStopped = false
  }

  /// Runs a proxy while a body runs.
  ///
  /// Returns when the body has and everything is closed. If the task is cancelled, the body decides what comes of that.
  ///
  /// - Parameters:
  ///   - target: The server's address.
  ///   - address: Where to listen; with port 0 the kernel chooses one.
  ///   - body: What to do meanwhile.
  /// - Returns: The body's result.
  /// - Throws: The body's error; or `SocketError` if it cannot listen.
  public static nonisolated(nonsending) func run<Result>(
    to target: SocketAddress,
    listeningAt address: SocketAddress = .loopback(port: 0),
    _ body: nonisolated(nonsending) (FaultProxy) async throws -> Result
  ) async throws -> Result {
    let proxy = try await FaultProxy(to: target, listeningAt: address)
    return try await withThrowingDiscardingTaskGroup { group in
      group.addTask(executorPreference: proxy.reactor) { await proxy.serve() }
      defer {
        proxy.stop()
        group.cancelAll()
      }
      return try await body(proxy)
    }
  }

  private init(to target: SocketAddress, listeningAt address: SocketAddress) async throws {
    reactor = try Reactor(name: "fault-proxy")
    let listener = try await TCPListener.bind(to: address, on: [reactor])
    self.address = listener.localAddress
    self.target = target
    state = Lock(State(listener: listener))
    (listeners, nextListener) = AsyncStream.makeStream()
    nextListener.yield(listener)
  }

  /// What happens to bytes from clients to the server.
  ///
  /// To change one fault is to read all of a direction and to set them again: of changes by two tasks at once one can be
  /// lost. Let one task make them; faults that are set together, as a whole, hold together.
  public var toServer: Faults {
    get { state.withLock { $0.toServer } }
    set { state.withLock { $0.toServer = newValue } }
  }

  /// What happens to bytes from the server to clients; otherwise as ``toServer``.
  public var toClient: Faults {
    get { state.withLock { $0.toClient } }
    set { state.withLock { $0.toClient = newValue } }
  }

  /// How many connections were accepted so far.
  public var connectionCount: Int { state.withLock { $0.connectionCount } }

  /// Resets all connections, on both sides, as they are.
  public func resetConnections() {
    for connection in state.withLock({ $0.connections }) { connection.reset() }
  }

  /// Refuses whoever connects from now on, as the machine of a server that does not run.
  ///
  /// Connections stay; clients that wait to be accepted are reset.
  public func refuseConnections() { state.withLock { $0.listener }.close() }

  /// Accepts connections again, at the same address.
  ///
  /// If it is cancelled, connections are still refused.
  ///
  /// - Throws: `SocketError` with `addressInUse` if somebody else has the port by now.
  public nonisolated(nonsending) func acceptConnections() async throws {
    guard state.withLock({ $0.listener }).isClosed else { return }
    let listener = try await TCPListener.bind(to: address, on: [reactor])
    state.withLock { $0.listener = listener }
    nextListener.yield(listener)
  }

  /// Accepts, and passes on, until cancelled.
  private func serve() async {
    await withDiscardingTaskGroup { group in
      for await listener in listeners {
        do {
          for try await client in listener.connections {
            group.addTask(executorPreference: reactor) { await self.pass(client) }
          }
        } catch {
          listener.close()
        }
      }
      group.cancelAll()
    }
  }

  private func pass(_ client: TCPConnection) async {
    // From here on it is one of those that can be reset.
    state.withLock { state in
      state.connectionCount += 1
      state.connections.insert(client)
    }
    do {
      let server = try await TCPConnection.connect(to: target, on: reactor)
      await FaultyLink(proxy: self, client: client, server: server).run()
    } catch {
      client.reset()
      state.withLock { _ = $0.connections.remove(client) }
    }
  }

  private func stop() {
    nextListener.finish()
    let (listener, connections) = state.withLock { state in
      // Lest the close of one side is taken for a reset, and passed on to the other before that is closed, too.
      state.toServer.isSilent = true
      state.toClient.isSilent = true
      state.isStopped = true
      return (state.listener, state.connections)
    }
    listener.close()
    for connection in connections { connection.close() }
  }
}
