extension DatagramSocket {
  /// Receives a datagram.
  ///
  /// Suspends until there is one. If cancelled, or out of time, none was taken. The payload may be
  /// empty: that is a datagram like any other.
  ///
  /// The corresponding C function is `recvmsg(2)`.
  ///
  /// - Parameters:
  ///   - limit: The most to take of the payload, in bytes, at least 0; the rest of a longer one is lost, see
  ///     ``Datagram/isTruncated``. 65,535 is enough for all of UDP; a Unix-domain socket can send as many
  ///     as its send buffer has.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: The datagram.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/closed``, ``SocketError/Code-swift.struct/concurrentRead``; on a
  ///   connected socket also what became of the other end, told once; the next call may succeed. Over
  ///   UDP: ``SocketError/Code-swift.struct/connectionRefused``,
  ///   ``SocketError/Code-swift.struct/hostUnreachable``,
  ///   ``SocketError/Code-swift.struct/networkUnreachable`` and
  ///   ``SocketError/Code-swift.struct/messageTooLong``, the network's answer to an earlier datagram.
  ///   Of a Unix-domain socket: ``SocketError/Code-swift.struct/connectionReset``, when a peer that was
  ///   connected to this socket has turned to another, and dropped what it had not received.
  @inlinable @inline(__always)
  public nonisolated(nonsending) func receive(
    upTo limit: Int = 65_535,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Datagram<Transport> {
    precondition(limit >= 0, "a limit of bytes is at least zero")
    var receiving = DatagramPort.Receiving(upTo: limit, skipsErrors: false)
    var datagram = Datagram<Transport>(port)
    if port.beginReceive(&receiving, &datagram.payload, &datagram.header.fields) { return datagram }
    return Datagram(try await port.receive(receiving, until: LoopTime.end(deadline)))
  }

  /// Receives a datagram into the caller's memory: its payload, or as much of it as the span's free
  /// capacity takes.
  ///
  /// Over UDP it allocates nothing. Otherwise as ``receive(upTo:deadline:)``.
  ///
  /// The corresponding C function is `recvmsg(2)`.
  ///
  /// - Parameters:
  ///   - span: Receives the payload at its end.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: Everything else about the datagram; ``DatagramHeader/payloadLength`` is the number of bytes
  ///   added, which may be 0.
  /// - Throws: As ``receive(upTo:deadline:)``.
  public nonisolated(nonsending) func receive(
    into span: inout OutputRawSpan,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> DatagramHeader<Transport> {
    do throws(OperationFailure) {
      return DatagramHeader(try await port.receive(into: &span, deadline: deadline))
    } catch {
      throw port.error(error, .receive)
    }
  }

  /// The datagrams that arrive, one after the other, until the socket is closed.
  ///
  /// As ``datagrams(upTo:)`` with a limit of 65,535 bytes, which is enough for all of UDP.
  public var datagrams: Datagrams { datagrams(upTo: 65_535) }

  /// The datagrams that arrive, one after the other, until the socket is closed.
  ///
  /// Neither an empty datagram nor one that is truncated nor an error that concerns the other end ends
  /// the sequence; such errors are passed over, and a kernel without memory is waited for. The iterator is
  /// for one task, and receives only when asked for the next datagram, so leaving the loop loses nothing.
  /// Closing the socket ends the sequence; cancelling the task throws `CancellationError`.
  ///
  /// - Parameter limit: The most to take of each payload, in bytes, at least 0.
  /// - Returns: The sequence.
  public func datagrams(upTo limit: Int) -> Datagrams {
    precondition(limit >= 0, "a limit of bytes is at least zero")
    return Datagrams(socket: self, limit: limit)
  }

  /// The datagrams that a socket receives, as an asynchronous sequence.
  public struct Datagrams: AsyncSequence, Sendable {
    let socket: DatagramSocket
    let limit: Int

    /// Begins to iterate.
    ///
    /// - Returns: An iterator, for one task.
    public func makeAsyncIterator() -> Iterator { Iterator(port: socket.port, limit: limit) }

    /// The position in the sequence: for one task.
    public struct Iterator: AsyncIteratorProtocol {
      @usableFromInline let port: DatagramPort
      @usableFromInline let limit: Int

      init(port: DatagramPort, limit: Int) {
        self.port = port
        self.limit = limit
      }

      /// Waits for the next datagram.
      ///
      /// - Parameter actor: The caller's isolation.
      /// - Returns: The datagram, or `nil` once the socket is closed.
      /// - Throws: `CancellationError`, or ``SocketError``.
      @inlinable @inline(__always)
      public nonisolated(nonsending) mutating func next(
        isolation actor: (any Actor)? = #isolation
      ) async throws -> Datagram<Transport>? {
        // On the caller's isolation anyway: `isolated` would make the task look for its executor at the beginning and
        // at the end, each time.
        var receiving = DatagramPort.Receiving(upTo: limit, skipsErrors: true)
        var datagram = Datagram<Transport>(port)
        if port.beginReceive(&receiving, &datagram.payload, &datagram.header.fields) {
          return datagram
        }
        return try await port.next(receiving).map { Datagram($0) }
      }
    }
  }
}

@available(*, unavailable)
extension DatagramSocket.Datagrams.Iterator: Sendable {}
