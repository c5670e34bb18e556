extension SocketListener where Transport == SeqPacket {
  /// Takes over a descriptor that listens already: one that another library has opened, or that was
  /// inherited (see ``SocketActivation``).
  ///
  /// The file of a path stays when the listener is closed: it belongs to whoever has bound it. Otherwise as
  /// for a ``TCPListener``.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactors: The reactors that accepted connections are given to in turn; the first one
  ///     watches the listener. `nil` for the shared ones, one per processor.
  /// - Throws: As for a ``TCPListener``.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactors: [Reactor]? = nil) throws
  {
    self.init(try Acceptor(adopting: descriptor, as: .seqPacketListener, on: reactors))
  }
}

extension SeqPacketConnection {
  /// Takes over a descriptor that is connected already.
  ///
  /// It gets the option `SO_TIMESTAMP`, which tells empty messages from the end. Otherwise as for a
  /// ``TCPConnection``.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, for example `OwnedDescriptor(owning: 3)`.
  ///   - reactor: The reactor that is to watch the connection; `nil` for the next of the shared
  ///     ones.
  /// - Throws: As for a ``TCPConnection``.
  public init(adopting descriptor: consuming OwnedDescriptor, on reactor: Reactor? = nil) throws {
    try self.init(try Stream(adopting: descriptor, as: .seqPacketConnection, on: reactor))
  }

  /// Gives the descriptor away: to another library, or to another process.
  ///
  /// The connection is closed as by ``close()``, yet the socket stays connected, and the peer notices
  /// nothing. Messages that have arrived and were not received go with it. The descriptor is
  /// close-on-exec and non-blocking.
  ///
  /// The corresponding C functions are `dup(2)` and `close(2)`.
  ///
  /// - Returns: The descriptor.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/closed``,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``, and in the midst of another task's call as
  ///   ``SocketConnection/detach()``; the connection is then as it was.
  public func detach() throws -> OwnedDescriptor { try stream.detach() }
}
