import Sockets

/// What all connections have in common.
struct Service: Sendable {
  let site: Site
  let limits: RequestLimits

  /// Whether a proxy says in front of each connection who the client is.
  let expectsProxy: Bool

  /// `nil` for none.
  let log: AccessLog?

  /// Serves one connection.
  func serve(_ connection: TCPConnection) async throws {
    var client = connection.remoteAddress
    if expectsProxy {
      guard let header = try await connection.receiveProxyHeader() else { return }
      client = header.source ?? client
    }
    site.figures.noteConnection()
    var session = Session(connection, of: client, self)
    try await session.run()
  }
}
