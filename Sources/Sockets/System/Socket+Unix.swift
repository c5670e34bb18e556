internal import CSockets
internal import Glibc

/// Calls that only Unix-domain sockets have.
extension Socket {
  /// Which kind of Unix-domain socket.
  enum UnixKind: Sendable {
    case stream
    case seqPacket
    case datagram

    fileprivate var rawValue: Int32 {
      switch self {
      case .stream: Int32(SOCK_STREAM.rawValue)
      case .seqPacket: Int32(SOCK_SEQPACKET.rawValue)
      case .datagram: Int32(SOCK_DGRAM.rawValue)
      }
    }
  }

  /// Makes a Unix-domain socket: close-on-exec and non-blocking.
  ///
  /// C: `socket(2)`.
  static func makeUnix(_ kind: UnixKind, kernel: Kernel) throws(Errno) -> FileDescriptor {
    try make(family: AF_UNIX, type: kind.rawValue, kernel: kernel)
  }

  /// Makes two connected sockets, close-on-exec and non-blocking.
  ///
  /// C: `socketpair(2)`.
  ///
  /// - Parameters:
  ///   - kind: Their kind.
  ///   - kernel: The system calls.
  ///   - second: Receives the second one.
  /// - Returns: The first one.
  /// - Throws: The error number.
  static func makePair(
    _ kind: UnixKind,
    kernel: Kernel,
    _ second: inout FileDescriptor?
  ) throws(Errno) -> FileDescriptor {
    let type = kind.rawValue | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    var numbers = [2 of Int32](repeating: -1)
    _ = try retryingOnInterrupt { kernel.call.socketPair(AF_UNIX, type, 0, &numbers) }
    second = FileDescriptor(owning: numbers[1], kernel: kernel)
    return FileDescriptor(owning: numbers[0], kernel: kernel)
  }

  /// Connects.
  ///
  /// C: `connect(2)`. A Unix-domain connection is never "in progress": while the listener's queue is
  /// full the call fails with EAGAIN and has had no effect, and no readiness will ever tell that there
  /// is room.
  ///
  /// - Returns: Whether it is connected; `false` while the queue is full.
  func connectUnix(to address: KernelAddress) throws(Errno) -> Bool {
    do throws(Errno) {
      _ = try retryingOnInterrupt {
        unsafe address.withBytes { bytes in unsafe kernel.call.connect(number, bytes) }
      }
      return true
    } catch .again {
      return false
    }
  }

  /// Lets no new client in; those in the queue can still be accepted.
  ///
  /// C: `shutdown(2)` with `SHUT_RD` on a listening socket: `connect` then says ECONNREFUSED. Once the
  /// queue is empty, a non-blocking accept goes on to say EAGAIN.
  func refuseNewUnixConnections() throws(Errno) {
    _ = try retryingOnInterrupt { kernel.call.shutdown(number, Int32(SHUT_RD)) }
  }

  /// Sets the permissions that the file will have, less the process's umask.
  ///
  /// C: `fchmod(2)` before `bind(2)`: at no time does the file have wider ones (unix(7)).
  func setMode(_ mode: UInt32) throws(Errno) {
    _ = try retryingOnInterrupt { kernel.call.setMode(number, mode) }
  }

  /// Whether any socket is bound to the address, listening or not, of whatever type.
  ///
  /// C: `connect(2)` with a datagram socket. The kernel looks for the socket first, ECONNREFUSED if there
  /// is none, and only then at its type, EPROTOTYPE. So a server that has bound and does not listen yet
  /// is seen too, and none is ever bothered with a connection; a datagram socket does not notice.
  static func isBound(_ address: KernelAddress, kernel: Kernel) throws(Errno) -> Bool {
    let probe = try makeUnix(.datagram, kernel: kernel)
    do throws(Errno) {
      _ = try probe.socket.connectUnix(to: address)
      return true
    } catch {
      switch error.rawValue {
      case EPROTOTYPE, EPERM: return true
      case ECONNREFUSED, ENOENT: return false
      default: throw error
      }
    }
  }

  /// Who the peer is.
  ///
  /// C: `getsockopt(2)` with `SO_PEERCRED`.
  func peerCredentials() throws(Errno) -> PeerCredentials {
    var credentials = [3 of UInt32](repeating: 0)
    var length = UInt32(MemoryLayout<[3 of UInt32]>.size)
    _ = try retryingOnInterrupt {
      unsafe kernel.call.getOption(number, SOL_SOCKET, SO_PEERCRED, &credentials, &length)
    }
    return PeerCredentials(credentials)
  }
}

extension PeerCredentials {
  /// Decodes a `struct ucred`: process, user, group.
  fileprivate init(_ credentials: [3 of UInt32]) {
    self.init(
      processID: Int32(bitPattern: credentials[0]),
      userID: credentials[1],
      groupID: credentials[2]
    )
  }

  /// Finds the credentials among the control messages of a datagram.
  ///
  /// C: `SCM_CREDENTIALS`, unix(7), which the C library shows only to programs that define `_GNU_SOURCE`.
  ///
  /// - Parameter control: The messages; safe for any bytes.
  init?(control: RawSpan) {
    let type: Int32 = 2
    var offset = 0
    while let message = ControlMessage.next(in: control, at: &offset) {
      guard (message.level, message.type) == (SOL_SOCKET, type) else { continue }
      guard let credentials = message.load([3 of UInt32].self, from: control) else { return nil }
      self.init(credentials)
      return
    }
    return nil
  }

  /// The room for them among the control messages.
  static var controlSpace: Int { ControlMessage.space(for: MemoryLayout<[3 of UInt32]>.size) }
}
