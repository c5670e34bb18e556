import Sockets

/// As much HTTP/1.1 as it takes: `GET` without a body, one after the other on a connection.
///
/// Any other request is the last one of its connection, since where it ends is not looked for.
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
      let head: [UInt8]
      do {
        guard let bytes = try await connection.read(until: endOfRequest, limit: 16_384) else {
          return
        }
        head = bytes
      } catch let error as SocketError where error.code == .limitExceeded {
        try await connection.write(
          "HTTP/1.1 431 Request Header Fields Too Large\r\nContent-Length: 0\r\n"
            + "Connection: close\r\n\r\n"
        )
        break
      }
      let request = String(decoding: head, as: UTF8.self).lowercased()
      let hasBody =
        request.contains("\r\ncontent-length:") || request.contains("\r\ntransfer-encoding:")
      isLast = connection.isDraining || hasBody || !request.hasPrefix("get ")
      try await connection.write(
        """
        HTTP/1.1 200 OK\r
        Content-Type: text/plain\r
        Content-Length: \(body.utf8.count)\r
        Connection: \(isLast ? "close" : "keep-alive")\r
        \r
        \(request.hasPrefix("head ") ? "" : body)
        """
      )
    }
    await connection.closeGracefully()
  }
}
