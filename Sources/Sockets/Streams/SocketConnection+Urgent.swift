internal import Synchronization

extension SocketConnection where Transport == TCP {
  /// Sends one byte as urgent data.
  ///
  /// TCP has no second channel: the byte goes out in its place in the stream, after the writes that
  /// were begun before, and a mark travels with it, ahead of data that waits. There is one mark at
  /// a time; a new one replaces it. The receiver learns of it through ``urgent``. Its reads that
  /// return what has arrived (``read(upTo:deadline:)``, ``chunks``) never cross the mark: they end
  /// right before it, where ``isAtMark()`` is true.
  ///
  /// - With the option ``SocketOption/urgentInline`` on the receiver's side the byte is the next
  ///   one of the stream.
  /// - Without it, the default, reads skip the byte.
  ///
  /// RFC 6093 advises against urgent data in new protocols: systems disagree on the mark's place by
  /// one byte, and middleboxes clear it. This is here for protocols that have it, such as Telnet.
  /// Multipath TCP sends it as an ordinary byte.
  ///
  /// If cancelled, or out of time, nothing was sent.
  ///
  /// The corresponding C function is `send(2)` with `MSG_OOB`; RFC 9293 section 3.8.5.
  ///
  /// - Parameters:
  ///   - byte: The byte.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  public nonisolated(nonsending) func sendUrgent(
    _ byte: UInt8,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await stream.write(count: 1, until: LoopTime.end(deadline)) { socket, _ in
      socket.sendUrgent(byte)
    }
  }

  /// Whether reading has come to the mark of urgent data.
  ///
  /// The next byte is then the urgent one if ``SocketOption/urgentInline`` is on, otherwise the one
  /// after it. Bytes that an earlier read has left in the connection come before the mark.
  ///
  /// The corresponding C function is `sockatmark(3)`.
  ///
  /// - Returns: Whether it has.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/closed``.
  public func isAtMark() throws -> Bool {
    if stream.hasBuffer.load(ordering: .relaxed) { return false }
    do throws(OperationFailure) {
      return try stream.registration.use { (socket) throws(Errno) in try socket.isAtMark() }
    } catch {
      throw stream.error(error, .read)
    }
  }
}
