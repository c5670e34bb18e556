extension Acceptor {
  /// Makes a Unix-domain socket, names it, and starts to listen.
  ///
  /// - Throws: What users see.
  static nonisolated(nonsending) func bind<Transport>(
    _ kind: Socket.UnixKind,
    to address: UnixAddress,
    existing: ExistingPath,
    mode: UInt16?,
    backlog: Int?,
    on reactors: [Reactor]?,
    configure: (borrowing UnconnectedSocket<Transport>, UnixAddress) throws -> Void
  ) async throws -> Acceptor {
    let binding = try UnixBinding(address, existing: existing, mode: mode)
    let reactors = try reactors ?? Reactor.sharedReactors()
    precondition(!reactors.isEmpty, "a listener needs a reactor")
    let loop = reactors[0].loop
    var operation = SocketError.Operation.socket
    var file: SocketFile?
    var refusal: (any Error)?
    do throws(OperationFailure) {
      let descriptor = try failing { () throws(Errno) in
        try Socket.makeUnix(kind, kernel: loop.kernel)
      }
      let socket = descriptor.socket
      operation = .bind
      try failing { () throws(Errno) in
        try binding.setMode(of: socket)
        try UnconnectedSocket.configure(socket, address, configure, &refusal)
      }
      file = try await binding.bind(socket, on: loop)
      operation = .listen
      let name = try failing { () throws(Errno) in
        try socket.listen(backlog: Int32(clamping: backlog ?? .max))
        return try socket.localAddress()
      }
      operation = .reactor
      return Acceptor(
        registration: try loop.register(
          descriptor,
          as: SocketIdentity(
            .init(kind, listens: true),
            .bound,
            local: .unix(name.unixAddress ?? address)
          ),
          initial: .untried
        ),
        file: file,
        reactors: reactors
      )
    } catch {
      file?.remove(kernel: loop.kernel)
      throw refusal ?? error.error(operation, localAddress: address)
    }
  }
}
