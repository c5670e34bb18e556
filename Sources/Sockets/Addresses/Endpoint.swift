/// What a person types to say where to connect: a host and a port, such as `example.org:443`.
///
/// The host is a name or an IP address, the port is a number or the name of a service:
///
/// ```swift
/// try Endpoint(parsing: "example.org:http")
/// try Endpoint(parsing: "[2001:db8::1]:80")
/// try Endpoint(parsing: "example.org", defaultPort: 80)
/// try Endpoint(host: "::1", port: 80)
/// ```
///
/// Every endpoint that exists is a sound one: its text was checked before anything is looked up. A host
/// name consists of ASCII letters, digits, `-` and `_` in parts of 1 to 63 bytes between dots, 253 bytes
/// in all (RFC 1123, RFC 1035); it is kept in lowercase, since names do not differ by case. A dot
/// at its end keeps the system's search domains out of it.
///
/// **Numbers are no names.** `getaddrinfo(3)` reads `127.1`, `0x7f000001`, `017700000001` and
/// `2130706433` as the address `127.0.0.1`, which is how a check of the host's text is evaded. A host whose
/// last part is a number is therefore either an IPv4 address as ``IPv4Address`` reads it, or refused.
/// (What a *name* stands for is known after the look-up only: a program that must keep away from some
/// networks has to look at the addresses, see ``Resolver`` and ``IPPrefix/contains(_:)``.)
public struct Endpoint: Hashable, Sendable {
  /// The host: an IP address, or a name that must be looked up.
  public enum Host: Hashable, Sendable {
    /// An IP address.
    case address(IPAddress)
    /// A host name, in lowercase.
    case name(String)
  }

  /// The port: its number, or the name of a service that must be looked up.
  public enum Service: Hashable, Sendable {
    /// A port, 0 to 65535.
    case port(UInt16)
    /// The name of a service, such as `http`, as `/etc/services` lists it for TCP.
    case name(String)
  }

  /// The host.
  public let host: Host

  /// The port or service.
  public let service: Service

  init(host: Host, service: Service) {
    self.host = host
    self.service = service
  }

  /// Creates an endpoint that needs no look-up.
  ///
  /// - Parameter address: The address.
  public init(_ address: SocketAddress) {
    self.init(host: .address(address.ip), service: .port(address.port))
  }

  /// Creates an endpoint from the text of a host and a port.
  ///
  /// - Parameters:
  ///   - host: A host name or an IP address and nothing else; an IPv6 address without brackets.
  ///   - port: The port.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(host: some StringProtocol, port: UInt16) throws {
    self.init(host: try parsing(host, as: "a host", Host.read), service: .port(port))
  }

  /// Creates an endpoint from the text of a host and of a port or service.
  ///
  /// - Parameters:
  ///   - host: A host name or an IP address and nothing else; an IPv6 address without brackets.
  ///   - service: The name of a service, such as `http`, or the digits of a port.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(host: some StringProtocol, service: some StringProtocol) throws {
    self.init(
      host: try parsing(host, as: "a host", Host.read),
      service: try parsing(service, as: "a port or service", Service.read)
    )
  }

  /// Reads an endpoint such as `example.org:80`, `192.0.2.1:http` or `[2001:db8::1]:443`.
  ///
  /// An IPv6 address must be in brackets, with its zone if it has one; nothing else may be. Nothing is
  /// looked up.
  ///
  /// - Parameters:
  ///   - text: The endpoint and nothing else.
  ///   - defaultPort: The port of a text that has none; `nil` if it must have one.
  /// - Throws: ``SocketError`` with the code `invalidAddress`; its `detail` quotes the text and says
  ///   what is wrong with it.
  public init(parsing text: some StringProtocol, defaultPort: UInt16? = nil) throws {
    self = try parsing(text, as: "a host with a port") { (text) throws(AddressTextFailure) in
      try Self.read(text, defaultPort: defaultPort)
    }
  }

  /// The address and port, if both are numbers and nothing must be looked up.
  public var socketAddress: SocketAddress? {
    guard case .address(let ip) = host, case .port(let port) = service else { return nil }
    return SocketAddress(ip, port: port)
  }
}

extension Endpoint: LosslessStringConvertible {
  /// Reads an endpoint such as `example.org:80`, or gives `nil` where ``init(parsing:defaultPort:)``
  /// throws.
  ///
  /// - Parameter description: The endpoint and nothing else.
  public init?(_ description: String) {
    guard let endpoint = try? Self.read(description, defaultPort: nil) else { return nil }
    self = endpoint
  }

  /// The text, such as `example.org:80`, `192.0.2.1:http` or `[2001:db8::1]:443`; it reads back as
  /// the same endpoint.
  public var description: String {
    switch host {
    case .address(.v6(let address)): "[\(address)]:\(service)"
    case .address(.v4(let address)): "\(address):\(service)"
    case .name(let name): "\(name):\(service)"
    }
  }
}

extension Endpoint.Host: CustomStringConvertible {
  /// The name or the address, without brackets.
  public var description: String {
    switch self {
    case .address(let address): address.description
    case .name(let name): name
    }
  }
}

extension Endpoint.Service: CustomStringConvertible {
  /// The number or the name.
  public var description: String {
    switch self {
    case .port(let port): String(port)
    case .name(let name): name
    }
  }
}

extension Endpoint: Codable {
  /// Decodes the text, as strictly as ``init(parsing:defaultPort:)`` reads it.
  ///
  /// - Parameter decoder: Where the text comes from.
  /// - Throws: `DecodingError.dataCorrupted` when the text is not an endpoint, or the decoder's own
  ///   error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    do {
      self = try Endpoint(parsing: try container.decode(String.self))
    } catch let error as SocketError {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: "\(error)")
    }
  }

  /// Encodes the text.
  ///
  /// - Parameter encoder: Where the text goes.
  /// - Throws: The encoder's own error.
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

/// Reads a text, and says what is wrong with it.
private func parsing<Text: StringProtocol, Value>(
  _ text: Text,
  as noun: String,
  _ read: (String) throws(AddressTextFailure) -> Value
) throws -> Value {
  do throws(AddressTextFailure) {
    return try read(String(text))
  } catch {
    let detail = "\(quoted(text)) is not \(noun): \(error.reason)"
    throw SocketError(.invalidAddress, operation: .parse, detail: detail)
  }
}
