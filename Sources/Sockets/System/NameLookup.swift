internal import CSockets
internal import Glibc

/// The C library's look-ups: each may block its thread for as long as name servers do not answer.
///
/// The only way to them, so that a test can replace them.
struct NameLookup: Sendable {
  /// The addresses of a host and a service, in the order of preference of RFC 6724.
  ///
  /// C: `getaddrinfo(3)`, for stream sockets, without `AI_ADDRCONFIG`: which addresses a name has
  /// must not depend on the addresses that this machine has just now; those that it cannot reach are
  /// sorted to the end.
  var addresses:
    @Sendable (_ host: String?, _ service: String?) -> Result<[SocketAddress], Failure> =
      find

  /// The host name of an address.
  ///
  /// C: `getnameinfo(3)` with `NI_NAMEREQD`.
  var hostName: @Sendable (_ address: IPAddress) -> Result<String, Failure> = { ip in
    name(of: SocketAddress(ip, port: 0), isHost: true)
  }

  /// The service name of a port, for TCP; its digits if it has none.
  ///
  /// C: `getnameinfo(3)`.
  var serviceName: @Sendable (_ port: UInt16) -> Result<String, Failure> = { port in
    name(of: .anyIPv4(port: port), isHost: false)
  }

  /// Why there is no answer.
  struct Failure: Error, Equatable {
    var code: SocketError.Code
    /// The reason in the C library's words.
    var reason: String
    /// The kernel's error number, if that was the reason.
    var errno: Int32?
  }

  private static func find(
    _ host: String?,
    _ service: String?
  ) -> Result<[SocketAddress], Failure> {
    var found: UnsafeMutablePointer<sockaddr_storage>?
    var count = 0
    var error: Int32 = 0
    let failure = unsafe csockets_getaddrinfo(host, service, &found, &count, &error)
    defer { unsafe free(found) }
    if failure != 0 { return .failure(Failure(failure, error)) }
    let entries = unsafe UnsafeMutableBufferPointer(start: found, count: count)
    var addresses: [SocketAddress] = []
    for index in entries.indices {
      guard let address = unsafe KernelAddress(entries[index]).socketAddress else { continue }
      if !addresses.contains(address) { addresses.append(address) }
    }
    return .success(addresses)
  }

  private static func name(
    of address: SocketAddress,
    isHost: Bool
  ) -> Result<String, Failure> {
    // NI_MAXHOST, 1025 bytes, is more than the longest name; a longer one is refused, not cut.
    unsafe withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1025) { text in
      let size = UInt32(text.count)
      var error: Int32 = 0
      let failure = unsafe KernelAddress(address).withBytes { bytes in
        let base = bytes.baseAddress
        let length = UInt32(bytes.count)
        return isHost
          ? unsafe csockets_getnameinfo(
            base,
            length,
            text.baseAddress,
            size,
            nil,
            0,
            NI_NAMEREQD,
            &error
          )
          : unsafe csockets_getnameinfo(base, length, nil, 0, text.baseAddress, size, 0, &error)
      }
      guard failure == 0, let start = text.baseAddress else {
        return .failure(Failure(failure, error))
      }
      return .success(unsafe String(cString: start))
    }
  }
}

extension NameLookup.Failure {
  /// A failure of `getaddrinfo` or `getnameinfo`.
  ///
  /// - Parameters:
  ///   - number: The `EAI_` number.
  ///   - error: The error number that goes with `EAI_SYSTEM`.
  init(_ number: Int32, _ error: Int32) {
    if number == EAI_SYSTEM, error != 0 {
      self.init(code: Errno(error).code, reason: "system error", errno: error)
      return
    }
    let code: SocketError.Code =
      switch number {
      case EAI_NONAME, Self.noData, Self.addressFamily: .nameNotFound
      case EAI_SERVICE: .serviceNotFound
      case EAI_AGAIN: .nameServerUnavailable
      case EAI_MEMORY: .noBufferSpace
      case EAI_FAMILY, EAI_SOCKTYPE: .notSupported
      default: .nameResolutionFailed
      }
    let reason = unsafe csockets_lookup_error(number).map { unsafe String(cString: $0) }
    self.init(code: code, reason: reason ?? "error \(number)", errno: nil)
  }

  // Extensions of glibc that Swift's module does not show.
  private static let noData: Int32 = -5
  private static let addressFamily: Int32 = -9
}
