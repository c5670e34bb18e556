extension ByteStream {
  /// Ends the outgoing stream, whatever time earlier writes take.
  ///
  /// - Throws: As ``finish(deadline:)``.
  public nonisolated(nonsending) func finish() async throws { try await finish(deadline: nil) }

  /// Ends the outgoing stream, reads and drops what the peer still sends, and closes.
  ///
  /// A plain ``close()`` of a TCP connection with unread input makes the kernel send a reset, which can
  /// overtake the last reply (RFC 9112 section 9.6). This waits for the peer's own end: until the
  /// deadline at most, and for 64 KiB at most. The stream is closed when this returns, also if the task
  /// is cancelled, which cuts the wait short.
  ///
  /// - Parameter deadline: When to close at last; `nil` for two seconds from now.
  public nonisolated(nonsending) func closeGracefully(
    deadline: ContinuousClock.Instant? = nil
  ) async {
    defer { close() }
    let deadline = deadline ?? .now + .seconds(2)
    do {
      try await finish(deadline: deadline)
      try await skip(1 << 16, deadline: deadline)
    } catch {
      // The peer has ended as well; or out of time, cancelled, reset, closed: whichever it is, there
      // is no more to wait for.
    }
  }
}
