extension SocketListener where Transport == TCP {
  /// Makes one listener for each of several reactors, all of them on the same address: the kernel spreads
  /// the clients over them.
  ///
  /// ```swift
  /// let shards = try await TCPListener.bind(to: .any(port: 7007), shardedOver: Reactor.sharedReactors())
  /// try await shards.serve { connection in … }
  /// ```
  ///
  /// A connection stays with the reactor whose listener it has come to: it is accepted, served and
  /// closed on one thread. That pays when connections come and go faster than one thread can accept
  /// them; a single listener, which gives its connections to the reactors in turn, spreads few of them
  /// more evenly, and has one queue of which no client is lost.
  ///
  /// - The kernel chooses by a hash of both addresses and ports, whoever is busy. A shard that is not
  ///   accepting keeps its share of the clients waiting.
  /// - Each shard has a queue of its own. To close one while the others go on resets the clients in its
  ///   queue, and those who are just connecting. To ``drain(grace:)`` it serves the queue, and turns
  ///   who connects meanwhile over to the others, whom they reach by their second attempt, a second
  ///   later.
  /// - Neither can a new process take a part of them over without a loss: the kernel spreads clients
  ///   over the shards of both from the moment of the bind, and resets those of the old ones. Pass the
  ///   listeners themselves on instead, all of them: see ``handOver(grace:)``.
  /// - Programs of the same user can bind the address as well, and get a share of the clients.
  ///
  /// All or none: if one cannot be bound, those that were are closed. Otherwise as
  /// ``bind(to:backlog:reusesAddress:reusesPort:isDualStack:isMultipath:on:configure:)``. The corresponding
  /// C function is `setsockopt(2)` with `SO_REUSEPORT`, before `bind(2)`.
  ///
  /// - Parameters:
  ///   - address: Where to listen. With port 0 all have the port that the kernel chooses for the first.
  ///   - reactors: The reactors, at least one.
  ///   - backlog: How many clients the kernel queues for each; `nil` for as many as it is configured to
  ///     allow.
  ///   - reusesAddress: As for one listener.
  ///   - isDualStack: As for one listener.
  ///   - isMultipath: As for one listener.
  ///   - configure: Sets further options of each socket before it is bound.
  /// - Returns: The listeners, in the order of their reactors.
  /// - Throws: As for one listener.
  public static func bind(
    to address: SocketAddress,
    shardedOver reactors: [Reactor],
    backlog: Int? = nil,
    reusesAddress: Bool = true,
    isDualStack: Bool = true,
    isMultipath: Bool = false,
    configure: (borrowing UnconnectedSocket<TCP>, SocketAddress) throws -> Void = { _, _ in }
  ) async throws -> [TCPListener] {
    precondition(!reactors.isEmpty, "a listener needs a reactor")
    var shards: [TCPListener] = []
    do {
      for reactor in reactors {
        var address = address
        if let first = shards.first { address.port = first.localAddress.port }
        shards.append(
          try await bind(
            to: address,
            backlog: backlog,
            reusesAddress: reusesAddress,
            reusesPort: true,
            isDualStack: isDualStack,
            isMultipath: isMultipath,
            on: [reactor],
            configure: configure
          )
        )
      }
    } catch {
      for shard in shards { shard.close() }
      throw error
    }
    return shards
  }
}
