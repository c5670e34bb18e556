package import Sockets

/// A server for HTTP/1.1: what all its connections have in common.
package struct Service: Sendable {
  let figures: Figures
  let limits: RequestLimits
  let expectsProxy: Bool
  let log: (@Sendable (SocketAddress, Request?, Status, Int) -> Void)?
  let respond: @Sendable (Request) -> Response

  /// Creates a server.
  ///
  /// - Parameters:
  ///   - figures: What it counts with.
  ///   - limits: What one request may cost.
  ///   - expectsProxy: Whether a proxy says in front of each connection who the client is.
  ///   - log: Told of each answer: who has asked, for what (`nil` if it was not understood), the answer's
  ///     status, and how many bytes of a body it had; `nil` for no log.
  ///   - respond: Answers a request.
  package init(
    figures: Figures,
    limits: RequestLimits,
    expectsProxy: Bool,
    log: (@Sendable (SocketAddress, Request?, Status, Int) -> Void)?,
    respond: @escaping @Sendable (Request) -> Response
  ) {
    (self.figures, self.limits, self.expectsProxy) = (figures, limits, expectsProxy)
    (self.log, self.respond) = (log, respond)
  }

  /// Serves one connection.
  package func serve(_ connection: TCPConnection) async throws {
    var client = connection.remoteAddress
    if expectsProxy {
      guard let header = try await connection.receiveProxyHeader() else { return }
      client = header.source ?? client
    }
    figures.noteConnection()
    var session = Session(connection, of: client, self)
    try await session.run()
  }
}
