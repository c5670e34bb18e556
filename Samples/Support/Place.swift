public import Sockets

/// Where a program listens, or connects to.
public enum Place: CustomStringConvertible, Sendable {
  /// A host and a port.
  case endpoint(Endpoint)

  /// A Unix-domain socket of this machine.
  case unix(UnixAddress)

  /// Reads `example.org:80`, `[::1]:80`, `unix:/run/socket` or `unix:@name`.
  ///
  /// - Parameter text: The place and nothing else.
  /// - Throws: That it is none.
  public init(parsing text: String) throws {
    self =
      text.hasPrefix("unix:")
      ? .unix(try .typed(String(text.dropFirst(5)))) : .endpoint(try Endpoint(parsing: text))
  }

  /// The text; it reads back as the same place.
  public var description: String {
    switch self {
    case .endpoint(let endpoint): "\(endpoint)"
    case .unix(let address): "unix:\(address)"
    }
  }
}

extension UnixAddress {
  /// Reads what a person has typed: `@NAME` is abstract, in which `\xNN` is a byte; all else is a path, whatever
  /// characters it has.
  ///
  /// - Parameter text: The address and nothing else.
  /// - Returns: The address.
  /// - Throws: ``SocketError`` that says what is wrong.
  public static func typed(_ text: String) throws -> UnixAddress {
    try text.hasPrefix("@") ? UnixAddress(parsing: text) : .path(text)
  }
}
