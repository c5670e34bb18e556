internal import Synchronization

extension SocketConnection where Transport == TCP {
  /// Holds back incomplete packets while a body writes, and sends what is left when it ends, however it ends.
  ///
  /// ```swift
  /// try await connection.withCork {
  ///   try await connection.write(head)
  ///   try await connection.send(file: file)
  /// }
  /// ```
  ///
  /// For several writes that belong together, so that the first, a small one, does not leave in a packet of
  /// its own. Several arrays that are there already are better written by
  /// ``write(gathering:deadline:)``: in one system call. The kernel holds bytes back for 200 milliseconds at
  /// most. Scopes may be nested and overlap: the last one to end sends. While one is open, other tasks' writes
  /// are held back as well.
  ///
  /// If cancelled, the body is, and what it has written is sent.
  ///
  /// There is no such thing for Unix-domain sockets, which have no packets: their bytes are with the peer as
  /// soon as they are written.
  ///
  /// The corresponding C function is `setsockopt(2)` with `TCP_CORK` (tcp(7)).
  ///
  /// - Parameter body: Writes.
  /// - Returns: The body's result.
  /// - Throws: The body's error; before it runs, ``SocketError`` with
  ///   ``SocketError/Code-swift.struct/closed``.
  public nonisolated(nonsending) func withCork<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async throws -> Result {
    try stream.cork()
    defer { stream.uncork() }
    return try await body()
  }
}

extension Stream {
  fileprivate func cork() throws {
    guard corks.add(1, ordering: .relaxed).oldValue == 0 else { return }
    do throws(OperationFailure) {
      try registration.use { (socket) throws(Errno) in try socket.set(.cork, to: true) }
    } catch {
      corks.subtract(1, ordering: .relaxed)
      throw self.error(error, .option)
    }
  }

  /// If it fails, the connection is closed: then there is nothing to send.
  ///
  /// Two tasks, one that ends the last scope and one that begins a new one, may make their calls in the
  /// other order. The new scope then sends too early, and its end sends what is left in any case.
  fileprivate func uncork() {
    guard corks.subtract(1, ordering: .relaxed).newValue == 0 else { return }
    try? registration.use { (socket) throws(Errno) in try socket.set(.cork, to: false) }
  }
}
