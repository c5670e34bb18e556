import Glibc
import Sockets

/// What the public API does not offer and a test needs: sockets by their numbers.
enum RawSocket {
  /// Makes a connection's kernel buffers small, so that writes wait early and often.
  ///
  /// - Parameters:
  ///   - connection: The connection.
  ///   - size: The size in bytes; the kernel doubles it, and has its own minimum.
  /// - Throws: ``Failure`` if this process has no such connection.
  static func setBuffers(of connection: TCPConnection, to size: Int32) throws {
    guard let number = number(of: connection) else { throw Failure("no such socket") }
    for option in [SO_SNDBUF, SO_RCVBUF] {
      let length = socklen_t(MemoryLayout<Int32>.size)
      let result = unsafe withUnsafeBytes(of: size) {
        unsafe setsockopt(number, SOL_SOCKET, option, $0.baseAddress, length)
      }
      try expect(result, 0, "setsockopt")
    }
  }

  /// The descriptor whose two addresses have the connection's ports.
  private static func number(of connection: TCPConnection) -> Int32? {
    ProcessFigures.descriptors.first { number in
      let near = unsafe port(of: number, getsockname)
      let far = unsafe port(of: number, getpeername)
      return near == connection.localAddress.port && far == connection.remoteAddress.port
    }
  }

  private static func port(
    of number: Int32,
    _ name: (Int32, UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> UInt16? {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafeMutablePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe name(number, address, &length)
      }
    }
    guard result == 0, address.sin_family == sa_family_t(AF_INET) else { return nil }
    return UInt16(bigEndian: address.sin_port)
  }

  /// Whether a plain connect to a port of the loopback interface that nobody listens on succeeds: then it has met itself.
  static func meetsItself(_ port: UInt16) -> Bool {
    let number = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    defer { _ = Glibc.close(number) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = unsafe withUnsafePointer(to: &address) { address in
      unsafe address.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        unsafe connect(number, address, length)
      }
    }
    // Without TIME_WAIT, which would keep the port.
    var lingering = linger(l_onoff: 1, l_linger: 0)
    unsafe setsockopt(
      number,
      SOL_SOCKET,
      SO_LINGER,
      &lingering,
      socklen_t(MemoryLayout<linger>.size)
    )
    return result == 0
  }

  /// Two connected stream sockets of the Unix domain, close-on-exec and non-blocking.
  ///
  /// - Returns: Their numbers, the caller's to close.
  /// - Throws: ``Failure``.
  static func pair() throws -> (Int32, Int32) {
    var ends: [Int32] = [-1, -1]
    let kind =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    try expect(unsafe socketpair(AF_UNIX, kind, 0, &ends), 0, "socketpair")
    return (ends[0], ends[1])
  }

  /// Closes both ends of a pair.
  static func close(_ near: Int32, _ far: Int32) {
    _ = Glibc.close(near)
    _ = Glibc.close(far)
  }

  /// Sends one byte.
  static func poke(_ number: Int32) {
    var byte: UInt8 = 1
    _ = unsafe send(number, &byte, 1, Int32(MSG_NOSIGNAL))
  }

  /// Reads all that has arrived.
  ///
  /// - Returns: How many bytes.
  @discardableResult
  static func drain(_ number: Int32) -> Int {
    var bytes = [UInt8](repeating: 0, count: 64)
    var sum = 0
    while true {
      let count = unsafe recv(number, &bytes, bytes.count, Int32(MSG_DONTWAIT))
      if count <= 0 { return sum }
      sum += count
    }
  }
}
