extension ProxyHeader {
  /// Creates the header that passes a connection on: its two ends, as this program knows them.
  ///
  /// These are the addresses of a header that the connection itself has received, or else those of
  /// its socket; IPv4-mapped ones as the IPv4 addresses that they are.
  ///
  /// - Parameters:
  ///   - connection: The connection from the client.
  ///   - version: The form.
  ///   - fields: What else to say; version 2 only.
  ///   - hasChecksum: Whether to send a checksum; version 2 only.
  public init<Transport>(
    forwarding connection: SocketConnection<Transport>,
    version: Version = .v2,
    fields: [Field] = [],
    hasChecksum: Bool = false
  ) {
    let stream = connection.stream
    var endpoints = Endpoints.unknown
    switch (connection.proxyHeader?.endpoints, stream.remoteName, stream.localName) {
    case (.ip(let source, let destination), _, _):
      endpoints = .ip(source: source, destination: destination)
    case (.unix(let source, let destination), _, _):
      endpoints = .unix(source: source, destination: destination)
    case (.unknown, _, _): break
    case (_, .ip(let source), .ip(let destination)):
      endpoints = .ip(source: source.unmapped, destination: destination.unmapped)
    case (_, .unix(let source), .unix(let destination)):
      endpoints = .unix(source: source, destination: destination)
    default: break
    }
    self.init(endpoints, version: version, fields: fields, hasChecksum: hasChecksum)
  }

  /// The bytes of the header, to be sent before anything else, and at once.
  ///
  /// If one of the addresses is IPv6 and the other is not, the other is sent as IPv4-mapped. Zones
  /// are left out. What version 1 has no words for, it calls `UNKNOWN`: ``Endpoints/local``,
  /// Unix-domain addresses, datagrams.
  ///
  /// To send them in one segment with the first bytes of one's own:
  ///
  /// ```swift
  /// try await connection.write(gathering: [header.encoded(), request])
  /// ```
  ///
  /// - Returns: The bytes.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/invalidArgument`` if there is no
  ///   such header: fields or a checksum in version 1, a field that ``Field/Kind`` does not allow so,
  ///   or more than 65,551 bytes.
  public func encoded() throws -> [UInt8] {
    var refusal = fields.refusal
    if version == .v1 {
      guard fields.isEmpty, !hasChecksum else {
        throw Self.refusal("a header of version 1 has neither fields nor a checksum")
      }
      return Array(line.utf8)
    }
    var block = addressBlock + fields.encoded
    let checksumValue = Self.fixedLength + block.count + 3
    if hasChecksum { block += [Field(.checksum, [0, 0, 0, 0])].encoded }
    if block.count > Int(UInt16.max) { refusal = "\(block.count) bytes are more than 65535" }
    if let refusal { throw Self.refusal(refusal) }

    let isLocal = endpoints == .local
    let command = isLocal ? Command.local : .proxy
    let length = UInt16(truncatingIfNeeded: block.count)
    var bytes = Self.signature + [0x20 | command.rawValue, familyByte] + length.bigEndianBytes
    bytes += block
    if hasChecksum {
      var checksum = CRC32C()
      checksum.update(bytes)
      bytes.replaceSubrange(checksumValue..<checksumValue + 4, with: checksum.value.bigEndianBytes)
    }
    return bytes
  }

  private static func refusal(_ detail: String) -> SocketError {
    SocketError(.invalidArgument, operation: .write, detail: detail)
  }

  private var familyByte: UInt8 {
    let family: Family
    switch Self.alike(endpoints) {
    case .local, .unknown: return 0
    case .ip(let source, _): family = source.isIPv6 ? .ipv6 : .ipv4
    case .unix: family = .unix
    }
    let transport = isDatagram ? TransportKind.datagram : .stream
    return family.rawValue << 4 | transport.rawValue
  }

  private var addressBlock: [UInt8] {
    switch Self.alike(endpoints) {
    case .local, .unknown: return []
    case .ip(let source, let destination):
      return source.ip.networkBytes + destination.ip.networkBytes
        + source.port.bigEndianBytes + destination.port.bigEndianBytes
    case .unix(let source, let destination):
      return source.padded + destination.padded
    }
  }

  /// Two IP addresses of one family, without zones.
  static func alike(_ endpoints: Endpoints) -> Endpoints {
    guard case .ip(var source, var destination) = endpoints else { return endpoints }
    let isIPv6 = source.isIPv6 || destination.isIPv6
    source.ip = source.ip.forProxyHeader(isIPv6: isIPv6)
    destination.ip = destination.ip.forProxyHeader(isIPv6: isIPv6)
    return .ip(source: source, destination: destination)
  }
}

extension IPAddress {
  fileprivate func forProxyHeader(isIPv6: Bool) -> IPAddress {
    switch self {
    case .v4(let ip): isIPv6 ? .v6(IPv6Address(ipv4Mapped: ip)) : self
    case .v6(let ip): .v6(IPv6Address(ip, zone: 0))
    }
  }

  fileprivate var networkBytes: [UInt8] {
    switch self {
    case .v4(let ip): ip.rawValue.bigEndianBytes
    case .v6(let ip): ip.rawValue.bigEndianBytes
    }
  }
}

extension UnixAddress {
  fileprivate var padded: [UInt8] {
    let name = bytes.prefix(Self.capacity)
    return name + [UInt8](repeating: 0, count: Self.capacity - name.count)
  }
}
