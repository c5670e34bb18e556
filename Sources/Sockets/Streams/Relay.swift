/// Relays between two streams, both ways, until both have ended: what a proxy does.
///
/// ```swift
/// try await listener.serve { client in
///   let server = try await TCPConnection.connect(to: address, on: client.reactor)
///   defer { server.close() }
///   try await relay(client, server, idleLimit: .seconds(300))
/// }
/// ```
///
/// Between two connections, of whatever transport, large transfers pass from socket to socket inside the
/// kernel, and small ones are copied, whichever costs less. While it waits, a relay holds neither memory nor
/// pipes. It runs on the reactor of the first connection, whatever executor the caller has, and costs least if
/// that is the second's as well. With any other ``ByteStream`` bytes are read and written, on the caller's
/// executor.
///
/// **Ends.** When one stream ends, the other's outgoing direction is ended behind the last byte
/// (``ByteStream/finish(deadline:)``), and the opposite direction goes on. When both have ended, the relay
/// returns. The caller closes both streams, however the relay ends.
///
/// **Failures.** When one stream is reset, or fails otherwise, the other is reset behind the last byte that
/// arrived, two seconds later at most, so that a cut stream is never taken for a whole one. (A Unix-domain
/// socket cannot be reset: its peer is told only if bytes of its own were left unread.) If it is a write that
/// finds out, because the peer has closed, what that peer has sent is still passed on.
///
/// **Cancellation, deadline, idle limit.** The relay stops and leaves both streams open and usable. No byte
/// is lost: what was taken from a connection and the other stream does not have is back in the
/// connection's buffer, and its next read begins with it. (Of a stream that is neither a connection nor a
/// ``MemoryPipe`` up to 16 KiB are lost.) To give up for good, ``ByteStream/reset()`` both: a plain close
/// would look like an end.
///
/// While it runs it is the one reader of both streams; writes of others go out between its own. Bytes that
/// wait in a stream's buffer go first. Descriptors passed over a Unix-domain socket, and the mark of
/// urgent data, are not relayed. A connection's own ``ConnectionLimits`` count as well, and a
/// ``SocketOption/notSentLowWatermark`` that is the library's default is lifted while a long stream goes through.
/// A peer that is reset after it has ended its own direction is noticed when it is next written to, or by the
/// idle limit.
///
/// The corresponding C functions are `splice(2)` through a `pipe(2)`, and `recv(2)` and `send(2)`. `SIGPIPE` is
/// never raised.
///
/// - Parameters:
///   - first: A stream.
///   - second: Another one, also of another kind or another reactor.
///   - idleLimit: How long it may be that no byte moves in either direction; `nil` for any time.
///   - deadline: When to stop; `nil` for never.
///   - traffic: Counts the bytes, for whoever wants to look on meanwhile, or after an error.
/// - Returns: `traffic`.
/// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut`` with the
///   operation ``SocketError/Operation-swift.struct/relay`` for the deadline and the idle limit;
///   otherwise that of the read or the write that failed, without
///   ``SocketError/bytesWritten``, which `traffic` knows.
@discardableResult
public nonisolated(nonsending) func relay<First: ByteStream, Second: ByteStream>(
  _ first: First,
  _ second: Second,
  idleLimit: Duration? = nil,
  deadline: ContinuousClock.Instant? = nil,
  traffic: RelayTraffic = RelayTraffic()
) async throws -> RelayTraffic {
  do {
    try await withThrowingTaskGroup(of: (any Error)?.self) { group in
      // One thread for both directions: the kernel reports a reset to one call only, and the direction that
      // makes the other call must not read an end before the first has taken note.
      var executor: Reactor?
      if let one = (first as? any StreamBacked)?.stream, one.registration.number != nil,
        let other = (second as? any StreamBacked)?.stream, other.registration.number != nil
      {
        executor = one.reactor
        for isForward in [true, false] {
          group.addTask(executorPreference: executor) {
            let (source, target) = isForward ? (one, other) : (other, one)
            var direction = RelayDirection(
              from: source,
              to: target,
              traffic,
              isForward: isForward,
              isTimed: idleLimit != nil
            )
            return try await direction.run()
          }
        }
      } else {
        group.addTask { try await copy(from: first, to: second, traffic, isForward: true) }
        group.addTask { try await copy(from: second, to: first, traffic, isForward: false) }
      }
      if idleLimit != nil || deadline != nil {
        group.addTask(executorPreference: executor) {
          try await traffic.expire(idleLimit: idleLimit, deadline: deadline)
          return nil
        }
      }
      var failure: (any Error)?
      for _ in 0..<2 {
        if let error = try await group.next() ?? nil { failure = failure ?? error }
      }
      group.cancelAll()
      if let failure { throw failure }
    }
  } catch let failure as SourceFailure {
    // Only now that the other direction has ended: it reads from the very stream that is reset.
    let target: any ByteStream = failure.isForward ? second : first
    await (target as? any StreamBacked)?.stream.waitUntilDelivered()
    target.reset()
    throw failure.error
  }
  return traffic
}

/// One direction of a relay between streams of any kind: as ``RelayDirection/run()``, by reading and
/// writing.
private nonisolated(nonsending) func copy(
  from source: some ByteStream,
  to target: some ByteStream,
  _ traffic: RelayTraffic,
  isForward: Bool
) async throws -> (any Error)? {
  while true {
    let chunk: [UInt8]?
    do {
      chunk = try await source.read(upTo: Stream.chunkSize, deadline: nil)
    } catch {
      // What concerns this read only leaves the stream whole. A timeout of the kernel's does not: it has a number.
      let passing: [SocketError.Code] = [.timedOut, .closed, .concurrentRead, .noBufferSpace]
      let failure = error as? SocketError
      let isBroken = failure?.code == .timedOut && failure?.errno != nil
      let isPassing = failure.map { passing.contains($0.code) && !isBroken } ?? false
      if error is CancellationError || isPassing { throw error }
      throw SourceFailure(error: error, isForward: isForward)
    }
    guard let chunk else { break }
    do {
      try await target.write(chunk, deadline: nil)
      traffic.add(chunk.count, isForward: isForward)
    } catch {
      var failure = error as? SocketError
      let written = failure?.bytesWritten ?? 0
      if written > 0 { traffic.add(written, isForward: isForward) }
      (source as? any StreamBacked)?.stream.putBack(chunk[written...])
      if failure?.code == .cancelled { throw CancellationError() }
      failure?.bytesWritten = nil
      guard failure?.code == .brokenPipe || failure?.code == .connectionReset else {
        throw failure ?? error
      }
      return failure
    }
  }
  try await target.finish(deadline: nil)
  return nil
}

/// The stream that a direction reads has failed, so that the other one is to be reset.
private struct SourceFailure: Error {
  let error: any Error
  let isForward: Bool
}

/// A byte stream that is a handle on a ``Stream``: of a socket, or one in memory, which has no descriptor.
protocol StreamBacked {
  /// What it is a handle on.
  var stream: Stream { get }
}

extension SocketConnection: StreamBacked {}
