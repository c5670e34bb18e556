extension SocketListener where Transport == SeqPacket {
  init(_ acceptor: Acceptor) {
    self.init(acceptor) { stream in SeqPacketConnection(accepted: stream) }
  }

  /// Makes a Unix-domain seqpacket socket, names it, and starts to listen.
  ///
  /// As for a ``UnixListener``, also if cancelled.
  ///
  /// - Parameters:
  ///   - address: Where to listen.
  ///   - existing: What to do when something has the path already.
  ///   - mode: The permissions of the path's file, less the process's umask; `nil` for `0o777`.
  ///   - backlog: How many clients the kernel queues that nobody has accepted yet; `nil` for as many as
  ///     it is configured to allow.
  ///   - reactors: The reactors that accepted connections are given to in turn; the first one watches
  ///     the listener. `nil` for the shared ones.
  ///   - configure: Sets options of the socket that is about to be bound to the address.
  /// - Returns: The listener.
  /// - Throws: As for a ``UnixListener``.
  public nonisolated(nonsending) static func bind(
    to address: UnixAddress,
    existing: ExistingPath = .fail,
    mode: UInt16? = nil,
    backlog: Int? = nil,
    on reactors: [Reactor]? = nil,
    configure: (borrowing UnconnectedSocket<SeqPacket>, UnixAddress) throws -> Void = { _, _ in }
  ) async throws -> SeqPacketListener {
    SeqPacketListener(
      try await Acceptor.bind(
        .seqPacket,
        to: address,
        existing: existing,
        mode: mode,
        backlog: backlog,
        on: reactors,
        configure: configure
      )
    )
  }

  /// The address that the listener is bound to.
  ///
  /// Stays known after the close.
  public var localAddress: UnixAddress { acceptor.localName.unixAddress }
}
