/// The name of a Unix-domain socket: a path, an abstract name, or none.
///
/// - A **path** is a file of the type "socket", whose permissions say who may connect.
/// - An **abstract name** exists only while a socket has it and leaves no file behind. It is any bytes,
///   zeros included, and as long as it is: `a` and `a\0` are two names. It has no permissions: every
///   process in the same network namespace can connect, or take the name first.
/// - A socket that was never bound is **unnamed**, as most clients are.
///
/// Its text is the path, or the abstract name behind an `@`, or `(unnamed)`. In it `\\` is a backslash
/// and `\xNN` a byte: for what does not print, what is not UTF-8, and a path's own `@` in front.
///
/// Addresses are ordered: unnamed, abstract names, paths, and by their bytes.
///
/// The corresponding C type is `struct sockaddr_un` (unix(7)).
public struct UnixAddress: TransportAddress {
  /// The name as the kernel has it, without a path's final zero.
  ///
  /// Nothing for unnamed, a zero in front for an abstract name.
  let bytes: [UInt8]

  /// How many bytes `sun_path` has.
  static let capacity = 108

  /// The longest path, and the longest abstract name, in bytes.
  public static let maximumLength = capacity - 1

  init(bytes: [UInt8]) { self.bytes = bytes }

  /// No name.
  ///
  /// To bind to it is to ask the kernel for a free abstract name.
  public static let unnamed = UnixAddress(bytes: [])

  /// The name of a socket in the file system.
  ///
  /// - Parameter path: The path, 1 to 107 bytes of UTF-8, without NUL; a relative one counts from
  ///   the working directory whenever it is used.
  /// - Returns: The address.
  /// - Throws: ``SocketError`` with the code `invalidAddress`, whose `detail` quotes the path. It is never
  ///   cut: a shorter path is another socket.
  public static func path(_ path: String) throws -> UnixAddress {
    try UnixAddress.path(bytes: path.utf8)
  }

  /// The name of a socket in the file system, by its bytes, which need not be UTF-8.
  ///
  /// - Parameter bytes: The path, 1 to 107 bytes, without NUL.
  /// - Returns: The address.
  /// - Throws: As ``path(_:)``.
  public static func path(bytes: some Collection<UInt8>) throws -> UnixAddress {
    let address = UnixAddress(bytes: Array(bytes))
    if address.bytes.isEmpty { throw refusal("an empty path names no socket") }
    if address.bytes.contains(0) {
      throw refusal("a path cannot contain NUL", UnixAddress.text(of: address.bytes))
    }
    if address.bytes.count > maximumLength {
      let reason = "a path of \(address.bytes.count) bytes is longer than \(maximumLength)"
      throw refusal(reason, UnixAddress.text(of: address.bytes))
    }
    return address
  }

  /// An abstract name, by its text.
  ///
  /// - Parameter name: The name, 0 to 107 bytes of UTF-8, without the `@` of its printed form.
  /// - Returns: The address.
  /// - Throws: ``SocketError`` with the code `invalidAddress` if it is longer.
  public static func abstract(_ name: String) throws -> UnixAddress { try abstract(name.utf8) }

  /// An abstract name.
  ///
  /// - Parameter name: The name, 0 to 107 bytes of any value, without the zero that the kernel has in
  ///   front of it.
  /// - Returns: The address.
  /// - Throws: As ``abstract(_:)-(String)``.
  public static func abstract(_ name: some Collection<UInt8>) throws -> UnixAddress {
    if name.count > maximumLength {
      let reason = "an abstract name of \(name.count) bytes is longer than \(maximumLength)"
      throw refusal(reason, "@" + text(of: Array(name)))
    }
    return UnixAddress(bytes: [0] + name)
  }

  /// The path, or `nil` if it is none; what is not UTF-8 in it is replaced by U+FFFD.
  public var path: String? { isPath ? String(decoding: bytes, as: UTF8.self) : nil }

  /// The bytes of the path, or `nil` if it is none.
  ///
  /// The kernel can show a path of 108 bytes, which another program has bound.
  public var pathBytes: [UInt8]? { isPath ? bytes : nil }

  /// The abstract name, without the zero in front, or `nil` if it is none.
  public var abstractName: [UInt8]? { bytes.first == 0 ? Array(bytes.dropFirst()) : nil }

  /// Whether it is no name at all.
  public var isUnnamed: Bool { bytes.isEmpty }

  /// Whether it is a path.
  var isPath: Bool { !bytes.isEmpty && bytes[0] != 0 }

  static func refusal(_ reason: String, _ text: String? = nil) -> SocketError {
    var detail = reason
    if let text {
      let isLong = text.utf8.count > 160
      detail = "\"\(isLong ? String(text.prefix(160)) + "..." : text)\": \(reason)"
    }
    return SocketError(.invalidAddress, operation: .parse, detail: detail)
  }
}

extension UnixAddress: Comparable {
  /// Returns whether one address comes first: unnamed, abstract names, paths, each by its bytes.
  public static func < (lhs: Self, rhs: Self) -> Bool {
    lhs.bytes.lexicographicallyPrecedes(rhs.bytes)
  }
}
