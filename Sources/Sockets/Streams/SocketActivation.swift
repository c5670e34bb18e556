/// The sockets that a service manager has opened for this process: systemd's socket activation.
///
/// ```swift
/// var sockets = try SocketActivation.inherited()
/// if let web = sockets.take("web") {
///   let listener = try TCPListener(adopting: web)
/// }
/// ```
///
/// The manager passes them as the descriptors from 3 on, and says so in the environment: how many
/// in `LISTEN_FDS`, their names in `LISTEN_FDNAMES`, and for which process in `LISTEN_PID`. Each is
/// handed out once, by ``take(_:)``, and the rest is closed at the end of this value's life. It is
/// adopted as what the manager was told to make of it: a `ListenStream=` as a ``TCPListener`` or
/// ``UnixListener``, a `ListenDatagram=` as a ``UDPSocket`` or ``UnixDatagramSocket``, a
/// `ListenSequentialPacket=` as a ``SeqPacketListener``, and, with `Accept=yes`, what was accepted as a
/// ``TCPConnection``, ``UnixConnection`` or ``SeqPacketConnection``.
///
/// The corresponding C function is `sd_listen_fds_with_names(3)`.
public struct SocketActivation: ~Copyable, Sendable {
  /// The sockets that were not taken yet, in the manager's order.
  private var sockets: [(name: String, number: Int32)]

  /// The system calls.
  private let kernel: Kernel

  /// Whether this process has asked before.
  private static let wasInherited = Lock(false)

  /// The sockets that this process was started with: none if it was started by other means.
  ///
  /// The first call gets them, every later one gets none. They become close-on-exec; the
  /// environment is left as it is, since other threads may be reading it, and means nothing to a
  /// child process, whose number is another.
  ///
  /// - Returns: The sockets.
  /// - Throws: ``SocketError`` with the operation ``SocketError/Operation-swift.struct/adopt`` and
  ///   ``SocketError/Code-swift.struct/invalidArgument`` if the environment contradicts itself,
  ///   or with `EBADF` if a descriptor is missing.
  public static func inherited() throws -> SocketActivation {
    let names = try names(
      processID: ProcessEnvironment.processID,
      environment: ProcessEnvironment.value
    )
    let isFirst = wasInherited.withLock { wasInherited in
      defer { wasInherited = true }
      return !wasInherited
    }
    return try SocketActivation(names: isFirst ? names : [], first: 3, kernel: .linux)
  }

  /// Takes over consecutive descriptors.
  init(names: [String], first: Int32, kernel: Kernel) throws {
    self.kernel = kernel
    sockets = []
    for (offset, name) in names.enumerated() {
      let number = first + Int32(offset)
      do {
        try Socket(number: number, kernel: kernel).setCloseOnExec()
      } catch {
        throw SocketError(
          error.code,
          operation: .adopt,
          errno: error.rawValue,
          detail: "descriptor \(number), \"\(name)\""
        )
      }
      sockets.append((name, number))
    }
  }

  deinit {
    for socket in sockets { _ = FileDescriptor(owning: socket.number, kernel: kernel) }
  }

  /// The names of the sockets that were not taken yet, in the manager's order.
  ///
  /// A name can occur more than once: a socket unit with several addresses. Sockets that the
  /// manager has given no name are called `unknown`.
  public var names: [String] { sockets.map(\.name) }

  /// Takes a socket by its name: the first of several.
  ///
  /// - Parameter name: The name; `nil` for any.
  /// - Returns: The descriptor; `nil` if there is none.
  public mutating func take(_ name: String? = nil) -> OwnedDescriptor? {
    guard let index = sockets.firstIndex(where: { name == nil || $0.name == name }) else {
      return nil
    }
    return OwnedDescriptor(owning: sockets.remove(at: index).number)
  }

  /// What the environment promises: one name for each descriptor.
  ///
  /// - Parameters:
  ///   - processID: This process.
  ///   - environment: Looks a variable up.
  /// - Returns: The names; none if the promise is not made, or made to another process.
  /// - Throws: That it contradicts itself.
  static func names(
    processID: Int32,
    environment: (String) -> String?
  ) throws(SocketError) -> [String] {
    func refusal(_ variable: String, _ value: String) -> SocketError {
      SocketError(.invalidArgument, operation: .adopt, detail: "\(variable) is \"\(value)\"")
    }
    guard let process = environment("LISTEN_PID"), let count = environment("LISTEN_FDS") else {
      return []
    }
    guard let process = Int32(process), process > 0 else { throw refusal("LISTEN_PID", process) }
    guard process == processID else { return [] }
    guard let number = Int32(count), (0...1 << 20).contains(number) else {
      throw refusal("LISTEN_FDS", count)
    }
    guard let list = environment("LISTEN_FDNAMES") else {
      return Array(repeating: "unknown", count: Int(number))
    }
    let names = list.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    if number == 0, list.isEmpty { return [] }
    guard names.count == Int(number) else { throw refusal("LISTEN_FDNAMES", list) }
    return names
  }
}
