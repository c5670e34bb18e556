import Sockets

/// As much HTTP/1.1 as it takes: requests without a body, one after the other on a connection.
enum Answering {
  private static let endOfRequest = Array("\r\n\r\n".utf8)

  /// Answers the requests of one client.
  ///
  /// While the process is to end, the next request of a client that keeps its connection is answered, and
  /// the client told that it was the last one. To close the connection instead could cross with
  /// that request.
  static func answer(_ connection: TCPConnection, with body: String) async throws {
    var isLast = false
    while !isLast {
      do {
        let request = try await connection.read(until: endOfRequest, limit: 16_384)
        if request == nil { return }
      } catch let error as SocketError where error.code == .limitExceeded {
        try await connection.write("HTTP/1.1 431 Request Header Fields Too Large\r\n\r\n")
        break
      }
      isLast = connection.isDraining
      try await connection.write(
        """
        HTTP/1.1 200 OK\r
        Content-Type: text/plain\r
        Content-Length: \(body.utf8.count)\r
        Connection: \(isLast ? "close" : "keep-alive")\r
        \r
        \(body)
        """
      )
    }
    await connection.closeGracefully()
  }
}
