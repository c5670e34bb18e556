/// Something to wait for: that one operation on one descriptor would not suspend.
///
/// Made by the descriptor's owner, such as ``SocketConnection/readable`` and
/// ``SocketListener/acceptable``, or from the number of a descriptor that the library does not own.
/// For ``firstReady(of:deadline:on:)``. It does not keep its socket open.
public struct Readiness: Hashable, Sendable {
  /// Whose readiness.
  enum Source: Sendable {
    /// A socket of the library, and whether bytes for its next read wait in the library.
    case registration(Registration, hasBuffer: @Sendable () -> Bool)
    /// A descriptor of someone else.
    case foreign(Int32)
  }

  /// Whose readiness.
  let source: Source

  /// For what.
  let interest: ReadinessPoll.Interests

  /// The readiness of one of the library's sockets.
  init(
    _ registration: Registration,
    _ interest: ReadinessPoll.Interests,
    hasBuffer: @escaping @Sendable () -> Bool = { false }
  ) {
    source = .registration(registration, hasBuffer: hasBuffer)
    self.interest = interest
  }

  private init(foreign descriptor: Int32, _ interest: ReadinessPoll.Interests) {
    source = .foreign(descriptor)
    self.interest = interest
  }

  /// That a descriptor of someone else can be read, is at its end, or has an error.
  ///
  /// - Parameter descriptor: The descriptor's number; a regular file is always ready.
  /// - Returns: The readiness.
  public static func readable(descriptor: Int32) -> Readiness {
    Readiness(foreign: descriptor, .readable)
  }

  /// That a descriptor of someone else can be written, or has an error.
  ///
  /// - Parameter descriptor: The descriptor's number; a regular file is always ready.
  /// - Returns: The readiness.
  public static func writable(descriptor: Int32) -> Readiness {
    Readiness(foreign: descriptor, .writable)
  }

  /// Whether the operation would not suspend, as far as the library knows without the kernel.
  var isKnownReady: Bool {
    guard case .registration(let registration, let hasBuffer) = source else { return false }
    return registration.isClosed || (interest == .readable && hasBuffer())
  }

  /// Whether both mean the same operation on the same socket.
  ///
  /// - Parameters:
  ///   - left: A readiness.
  ///   - right: Another one.
  /// - Returns: Whether they are one.
  public static func == (left: Readiness, right: Readiness) -> Bool {
    left.interest == right.interest && left.isSameSource(as: right)
  }

  /// Hashes the socket and the operation.
  ///
  /// - Parameter hasher: The hasher.
  public func hash(into hasher: inout Hasher) {
    hasher.combine(interest.rawValue)
    switch source {
    case .registration(let registration, _): hasher.combine(ObjectIdentifier(registration))
    case .foreign(let number): hasher.combine(number)
    }
  }

  /// Whether both are about the same descriptor.
  func isSameSource(as other: Readiness) -> Bool {
    switch (source, other.source) {
    case (.registration(let left, _), .registration(let right, _)): left === right
    case (.foreign(let left), .foreign(let right)): left == right
    default: false
    }
  }
}
