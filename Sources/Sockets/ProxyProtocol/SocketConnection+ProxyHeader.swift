internal import Synchronization

extension SocketConnection {
  /// Reads the PROXY protocol's header, version 1 or 2, from the front of the connection.
  ///
  /// It has to come before anything else is read. Not a byte behind it is taken: neither from the
  /// connection, so that the next read begins with the client's first byte, nor from the kernel, so
  /// that ``detach()`` works. Afterwards ``proxyHeader`` has it, and further calls return it again.
  ///
  /// The connection's addresses stay those of the socket: ``ProxyHeader`` says when to trust what a
  /// header says instead.
  ///
  /// If cancelled, or out of time, nothing is lost: the next read of any kind, this one included, begins
  /// with what had come of the header. After any other error the connection is good for nothing but
  /// to be closed: whoever is there does not speak the protocol.
  ///
  /// - Parameters:
  ///   - maximumLength: The most bytes that the header may have; version 1 has at most 107.
  ///   - deadline: When to give up; `nil` for five seconds from now. The specification asks for three at
  ///     least, so that a lost segment can be sent again.
  /// - Returns: The header, or `nil` if the peer has ended the stream without a single byte, as some
  ///   health checks do.
  /// - Throws: As ``read(into:deadline:)``; ``SocketError/Code-swift.struct/invalidProxyHeader`` as soon as
  ///   it is certain, whose ``SocketError/detail`` says what is wrong;
  ///   ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if the peer has ended amid the header.
  public nonisolated(nonsending) func receiveProxyHeader(
    maximumLength: Int = ProxyHeader.defaultMaximumLength,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> ProxyHeader? {
    if let header = proxyHeader { return header }
    let (code, detail): (SocketError.Code, String)
    do throws(OperationFailure) {
      switch try await stream.receiveProxyHeader(maximumLength, deadline ?? .now + .seconds(5)) {
      case .header(let header):
        return stream.proxyHeader.storeIfNil(ProxyHeader.Box(header)).header
      case .nothing: return nil
      case .cut: (code, detail) = (.unexpectedEndOfStream, "amid a PROXY protocol header")
      case .malformed(let malformed): (code, detail) = (.invalidProxyHeader, malformed.detail)
      }
    } catch {
      throw stream.error(error, .read)
    }
    throw SocketError(
      code,
      operation: .read,
      localAddress: stream.localName.address,
      remoteAddress: stream.remoteName.address,
      detail: detail
    )
  }

  /// The header that ``receiveProxyHeader(maximumLength:deadline:)`` has read; `nil` before.
  public var proxyHeader: ProxyHeader? { stream.proxyHeader.load()?.header }

  /// Writes a PROXY protocol header: to a server, before anything else.
  ///
  /// As ``write(_:deadline:)-([UInt8],_)`` of ``ProxyHeader/encoded()``, which see for how to send the
  /// first bytes along with it.
  ///
  /// - Parameters:
  ///   - header: The header.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``ProxyHeader/encoded()``, and as ``write(_:deadline:)-([UInt8],_)``.
  public nonisolated(nonsending) func write(
    _ header: ProxyHeader,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await write(try header.encoded(), deadline: deadline)
  }
}

extension Stream {
  /// What came of reading a header.
  enum ProxyHeaderResult {
    /// A header, and the stream goes on behind it.
    case header(ProxyHeader)
    /// The stream has ended, and there was nothing.
    case nothing
    /// The stream has ended amid the header.
    case cut
    /// It is none.
    case malformed(ProxyHeader.Malformed)
  }

  /// Reads a header, and not a byte beyond.
  ///
  /// How long it is can only be told from its bytes. So the kernel is first asked to show them
  /// (`MSG_PEEK`). As long as the header is incomplete, all that there is belongs to it and is taken
  /// into the buffer: no byte is looked at twice, however small the pieces, and whatever ends the
  /// call early loses nothing. Once the length is known, there is no need to look first. A header that
  /// comes in one piece costs two system calls.
  nonisolated(nonsending) func receiveProxyHeader(
    _ maximumLength: Int,
    _ deadline: ContinuousClock.Instant
  ) async throws(OperationFailure) -> ProxyHeaderResult {
    var outcome = ProxyHeaderResult.nothing
    defer {
      // No edge will come for what lies in the buffer: the next read must not wait for one.
      if hasBuffer.load(ordering: .relaxed) { registration.signal(.read) }
    }
    _ = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      var unread = takeBuffer()
      defer { putBack(&unread) }
      do throws(ProxyHeader.Malformed) {
        for _ in 0..<8 {
          let result = try step(socket, &unread, maximumLength, &outcome)
          if result <= 0 { return Registration.Attempt(result) }
        }
      } catch {
        outcome = .malformed(error)
        return .done(0, usedUp: .no)
      }
      return .again(.no)
    }
    return outcome
  }

  /// Gets further with a header by one piece.
  ///
  /// - Parameters:
  ///   - socket: The socket.
  ///   - buffer: What has come so far, and receives what comes now.
  ///   - maximumLength: The most bytes that the header may have.
  ///   - outcome: Receives what came of it.
  /// - Returns: How many bytes were taken from the kernel; 0 if the outcome is there; the negated
  ///   error number.
  /// - Throws: That it is no header.
  private func step(
    _ socket: Socket,
    _ buffer: inout ReadBuffer,
    _ maximumLength: Int,
    _ outcome: inout ProxyHeaderResult
  ) throws(ProxyHeader.Malformed) -> Int {
    var missing: Int
    switch try ProxyHeader.extent(of: buffer.contents, maximumLength) {
    case .complete(let length):
      outcome = .header(try ProxyHeader(decoding: buffer.contents.prefix(length)))
      buffer.skip(length)
      return 0
    case .exactly(let length): missing = length - buffer.count
    case .atLeast:
      var bytes = Array(buffer.contents)
      let limit = ProxyHeader.longestLine - bytes.count
      missing = checked(socket.peek(appendingTo: &bytes, upTo: limit))
      if missing > 0,
        case .complete(let length) = try ProxyHeader.extent(of: bytes[...], maximumLength)
      {
        missing = length - buffer.count
      }
    }
    if missing > 0 {
      let limit = buffer.count + missing
      (missing, _) = buffer.fill(upTo: limit, from: registration.loop.buffers) {
        counted(socket.receive(appendingTo: &$0, upTo: $1))
      }
    }
    if missing == 0, buffer.count > 0 { outcome = .cut }
    return missing
  }
}
