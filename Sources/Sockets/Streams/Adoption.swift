internal import Synchronization

/// Taking over a descriptor that another part of the program, or another program, has opened.
struct Adoption: Sendable {
  /// What is asked for, in words.
  let expected: String

  /// Whether it is to listen.
  var listens = false

  /// Whether a socket is of the kind.
  let isKind: @Sendable (Socket.Kind) -> Bool

  static let tcpListener = Adoption(expected: "a listening TCP socket", listens: true) { $0.isTCP }
  static let tcpConnection = Adoption(expected: "a connected TCP socket") { $0.isTCP }
  static let udpSocket = Adoption(expected: "a UDP socket") { $0.isUDP }
  static let unixListener = Adoption(expected: "a listening Unix-domain socket", listens: true) {
    $0.isUnix && $0.isStream
  }
  static let unixConnection = Adoption(expected: "a connected Unix-domain socket") {
    $0.isUnix && $0.isStream
  }
  static let seqPacketListener = Adoption(expected: "a listening seqpacket socket", listens: true) {
    $0.isUnix && $0.isSequencedPacket
  }
  static let seqPacketConnection = Adoption(expected: "a connected seqpacket socket") {
    $0.isUnix && $0.isSequencedPacket
  }
  static let unixDatagramSocket = Adoption(expected: "a Unix-domain datagram socket") {
    $0.isUnix && $0.isDatagram
  }

  /// Checks a descriptor, makes it close-on-exec and non-blocking, and registers it.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor.
  ///   - loop: The loop that is to watch it.
  ///   - ends: Asks for the socket's names: the last of the checks.
  /// - Returns: The registration, which owns the descriptor, and the names.
  /// - Throws: What users see; the descriptor is then closed.
  func register<Ends>(
    _ descriptor: consuming OwnedDescriptor,
    with loop: EventLoop,
    ends: (Socket) throws(Errno) -> Ends
  ) throws -> (Registration, Ends) {
    let descriptor = FileDescriptor(owning: descriptor.release(), kernel: loop.kernel)
    let (number, socket) = (descriptor.number, descriptor.socket)
    let (kind, isListening): (Socket.Kind, Bool)
    do {
      (kind, isListening) = (try socket.kind(), try socket.isListening())
    } catch {
      throw SocketError(
        error.code,
        operation: .adopt,
        errno: error.rawValue,
        detail: "descriptor \(number)"
      )
    }
    guard isKind(kind), isListening == listens else {
      let state = isListening ? "listening" : "not listening"
      throw SocketError(
        .invalidArgument,
        operation: .adopt,
        detail: "descriptor \(number) is not \(expected): \(kind), \(state)"
      )
    }
    do throws(OperationFailure) {
      let ends = try failing { () throws(Errno) in
        let ends = try ends(socket)
        try socket.setDescriptorFlags()
        return ends
      }
      return (try loop.register(descriptor, initial: .untried), ends)
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
    let reactors = try reactors ?? Reactor.shared()
    precondition(!reactors.isEmpty, "a listener needs a reactor")
    let (registration, name) = try kind.register(descriptor, with: reactors[0].loop) {
      (socket) throws(Errno) in try socket.localAddress()
    }
    self.init(
      registration: registration,
      localName: SocketName(name) ?? .unix(.unnamed),
      reactors: reactors
    )
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
    let (registration, ends) = try kind.register(descriptor, with: reactor.loop) {
      (socket) throws(Errno) in
      (local: try socket.localAddress(), remote: try socket.remoteAddress())
    }
    let localName = SocketName(ends.local) ?? .unix(.unnamed)
    self.init(
      reactor: reactor,
      registration: registration,
      localName: localName,
      remoteName: SocketName(ends.remote) ?? localName.anonymous
    )
  }

  /// Gives the socket away.
  ///
  /// - Throws: What users see; the stream is then as it was.
  func detach() throws -> OwnedDescriptor {
    if hasBuffer.load(ordering: .relaxed) {
      throw SocketError(
        .invalidArgument,
        operation: .descriptor,
        localAddress: localName.address,
        remoteAddress: remoteName.address,
        detail: "bytes that an earlier read has left wait to be read"
      )
    }
    do throws(OperationFailure) {
      return try registration.detach()
    } catch {
      throw self.error(error, .descriptor)
    }
  }
}
