internal import Synchronization

/// Taking over a descriptor that another part of the program, or another program, has opened.
struct Adoption: Sendable {
  /// What observers call it.
  let kind: SocketIdentity.Kind

  /// What is asked for, in words.
  let expected: String

  /// Whether a socket is of the kind.
  let isKind: @Sendable (Socket.Kind) -> Bool

  static let tcpListener = Adoption(.tcpListener, "a listening TCP socket") { $0.isTCP }
  static let tcpConnection = Adoption(.tcpConnection, "a connected TCP socket") { $0.isTCP }
  static let udpSocket = Adoption(.udpSocket, "a UDP socket") { $0.isUDP }
  static let unixListener = Adoption(.unixListener, "a listening Unix-domain socket") {
    $0.isUnix && $0.isStream
  }
  static let unixConnection = Adoption(.unixConnection, "a connected Unix-domain socket") {
    $0.isUnix && $0.isStream
  }
  static let seqPacketListener = Adoption(.seqPacketListener, "a listening seqpacket socket") {
    $0.isUnix && $0.isSequencedPacket
  }
  static let seqPacketConnection = Adoption(.seqPacketConnection, "a connected seqpacket socket") {
    $0.isUnix && $0.isSequencedPacket
  }
  static let unixDatagramSocket = Adoption(.unixDatagramSocket, "a Unix-domain datagram socket") {
    $0.isUnix && $0.isDatagram
  }

  private init(
    _ kind: SocketIdentity.Kind,
    _ expected: String,
    isKind: @escaping @Sendable (Socket.Kind) -> Bool
  ) {
    self.kind = kind
    self.expected = expected
    self.isKind = isKind
  }

  /// Checks a descriptor, makes it close-on-exec and non-blocking, and registers it.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor.
  ///   - loop: The loop that is to watch it.
  ///   - ends: Asks for the socket's names: the last of the checks.
  /// - Returns: The registration, which owns the descriptor.
  /// - Throws: What users see; the descriptor is then closed.
  func register(
    _ descriptor: consuming OwnedDescriptor,
    with loop: EventLoop,
    ends: (Socket) throws(Errno) -> (local: KernelAddress, remote: KernelAddress?)
  ) throws -> Registration {
    let descriptor = FileDescriptor(owning: descriptor.release(), kernel: loop.kernel)
    let (number, socket) = (descriptor.number, descriptor.socket)
    let (found, isListening): (Socket.Kind, Bool)
    do {
      (found, isListening) = (try socket.kind(), try socket.isListening())
    } catch {
      throw SocketError(
        error.code,
        operation: .adopt,
        errno: error.rawValue,
        detail: "descriptor \(number)"
      )
    }
    guard isKind(found), isListening == kind.isListener else {
      let state = isListening ? "listening" : "not listening"
      throw SocketError(
        .invalidArgument,
        operation: .adopt,
        detail: "descriptor \(number) is not \(expected): \(found), \(state)"
      )
    }
    do throws(OperationFailure) {
      let ends = try failing { () throws(Errno) in
        let ends = try ends(socket)
        try socket.setDescriptorFlags()
        return ends
      }
      let local = SocketName(ends.local) ?? .unix(.unnamed)
      let identity = SocketIdentity(
        kind,
        .adopted,
        local: local,
        remote: ends.remote.map { SocketName($0) ?? local.anonymous }
      )
      return try loop.register(descriptor, as: identity, initial: .untried)
    } catch {
      throw error.error(.adopt)
    }
  }
}

extension Acceptor {
  /// Takes over a listening socket.
  ///
  /// - Throws: What users see; the descriptor is then closed.
  convenience init(
    adopting descriptor: consuming OwnedDescriptor,
    as kind: Adoption,
    on reactors: [Reactor]?
  ) throws {
    let reactors = try reactors ?? Reactor.sharedReactors()
    precondition(!reactors.isEmpty, "a listener needs a reactor")
    let registration = try kind.register(descriptor, with: reactors[0].loop) {
      (socket) throws(Errno) in (local: try socket.localAddress(), remote: nil)
    }
    self.init(registration: registration, reactors: reactors)
  }

  /// Gives the socket away.
  ///
  /// - Throws: What users see; the listener is then as it was.
  func detach() throws -> OwnedDescriptor {
    do throws(OperationFailure) {
      return try registration.detach()
    } catch {
      throw error.error(.descriptor, localAddress: localName.address)
    }
  }
}

extension Stream {
  /// Takes over a connected socket.
  ///
  /// - Throws: What users see; the descriptor is then closed.
  convenience init(
    adopting descriptor: consuming OwnedDescriptor,
    as kind: Adoption,
    on reactor: Reactor?
  ) throws {
    let reactor = try reactor ?? Reactor.nextShared()
    let registration = try kind.register(descriptor, with: reactor.loop) {
      (socket) throws(Errno) in
      (local: try socket.localAddress(), remote: try socket.remoteAddress())
    }
    self.init(reactor: reactor, registration: registration)
  }

  /// Gives the socket away.
  ///
  /// - Throws: What users see; the stream is then as it was.
  func detach() throws -> OwnedDescriptor {
    do {
      return try registration.withoutCalls {
        if hasBuffer.load(ordering: .relaxed) {
          throw SocketError(
            .invalidArgument,
            operation: .descriptor,
            localAddress: localName.address,
            remoteAddress: remoteName.address,
            detail: "bytes that an earlier read has left wait to be read"
          )
        }
        // With the next owner, who is not told, the stream would pass for a whole one.
        if let error = toldFailure { throw OperationFailure.failed(error) }
        return try registration.detach()
      }
    } catch let failure as OperationFailure {
      throw self.error(failure, .descriptor)
    }
  }
}
