extension SocketListener where Transport == Unix {
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
    let reactors = try reactors ?? Reactor.shared()
    precondition(!reactors.isEmpty, "a listener needs a reactor")
    let adoption = Adoption(
      expected: "a listening Unix-domain stream socket",
      isKind: { $0.isUnix && $0.isStream },
      listens: true
    )
    let (registration, name) = try adoption.register(descriptor, with: reactors[0].loop) {
      (socket) throws(Errno) in SocketName(try socket.localAddress())
    }
    self.init(
      Acceptor(
        registration: registration,
        localName: name ?? .unix(.unnamed),
        reactors: reactors
      )
    )
  }
}
