internal import Sockets

/// One client of a ``FaultProxy``, and the connection that was made to the server for it.
struct FaultyLink {
  let proxy: FaultProxy
  let client: TCPConnection
  let server: TCPConnection

  /// Passes on what either side sends until both have ended, or the connection is broken.
  func run() async {
    let isStopped = proxy.state.withLock { state in
      state.connections.insert(server)
      return state.isStopped
    }
    if isStopped {
      client.close()
      return server.close()
    }
    if client.isClosed {
      // It was reset while the server was being connected to.
      server.reset()
      return proxy.state.withLock { $0.connections.subtract([client, server]) }
    }
    let isWhole = await withTaskGroup(of: Bool.self) { group in
      group.addTask(executorPreference: proxy.reactor) {
        await FaultyDirection(from: client, to: server) { proxy.toServer }.run()
      }
      group.addTask(executorPreference: proxy.reactor) {
        await FaultyDirection(from: server, to: client) { proxy.toClient }.run()
      }
      return await group.reduce(true) { $0 && $1 }
    }
    end(client, isWhole, proxy.toClient)
    end(server, isWhole, proxy.toServer)
  }

  /// Closes a side in the way in which the other one ended, unless it is not to hear of that.
  private func end(_ connection: TCPConnection, _ isWhole: Bool, _ faults: Faults) {
    // The set keeps it open until the proxy stops.
    if faults.isSilent { return }
    if isWhole { connection.close() } else { connection.reset() }
    proxy.state.withLock { _ = $0.connections.remove(connection) }
  }
}
