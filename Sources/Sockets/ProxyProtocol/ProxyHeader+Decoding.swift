extension ProxyHeader {
  /// The most bytes that a header may have unless told otherwise: as many as HAProxy's own buffer.
  public static let defaultMaximumLength = 16_384

  /// Reads the header at the front of bytes that may go on behind it, or may not be all there yet.
  ///
  /// As strict as the specification allows. Bytes that can never become a header are refused as soon as
  /// that is certain, be it at the first. Of a header that says ``Endpoints/local``, what follows
  /// the length is skipped, as the specification asks for.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - maximumLength: The most bytes that the header may have; version 1 has at most 107.
  /// - Returns: The header, and how many bytes it had; `nil` if there is more to come.
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/invalidProxyHeader``, whose
  ///   ``SocketError/detail`` says what is wrong.
  public static func parse(
    _ bytes: some Collection<UInt8>,
    maximumLength: Int = defaultMaximumLength
  ) throws -> (header: ProxyHeader, length: Int)? {
    let bytes = Array(bytes)
    do throws(Malformed) {
      guard case .complete(let length) = try extent(of: bytes[...], maximumLength) else {
        return nil
      }
      return (try ProxyHeader(decoding: bytes[..<length]), length)
    } catch {
      throw SocketError(.invalidProxyHeader, operation: .parse, detail: error.detail)
    }
  }

  /// How far a header goes.
  enum Extent: Equatable {
    /// Its length is not known yet, since it is text; at least so many bytes.
    case atLeast(Int)
    /// It has so many bytes, and not all of them are there.
    case exactly(Int)
    /// It is all there, and has so many bytes.
    case complete(Int)
  }

  /// The first twelve bytes of version 2.
  static let signature: [UInt8] = [
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A,
  ]

  /// The signature, version and command, family and transport, and the length of the rest.
  static let fixedLength = 16

  /// How far the header at the front of some bytes goes.
  ///
  /// - Parameters:
  ///   - bytes: What is there of it, and what follows it.
  ///   - maximumLength: The most bytes that it may have.
  /// - Returns: How far.
  /// - Throws: That it is none.
  static func extent(
    of bytes: ArraySlice<UInt8>,
    _ maximumLength: Int
  ) throws(Malformed) -> Extent {
    guard let first = bytes.first else { return .atLeast(shortestLine) }
    if first == keyword[0] { return try lineExtent(of: bytes, maximumLength) }
    guard signature.starts(with: bytes.prefix(signature.count)) else {
      throw Malformed("it begins with neither PROXY nor the signature of version 2")
    }
    var rest = bytes.dropFirst(signature.count)
    let command = try rest.popFirst().map { byte throws(Malformed) in try Self.command(byte) }
    if let byte = rest.popFirst(), command == .proxy { _ = try family(byte) }
    guard rest.count >= 2 else { return .exactly(fixedLength) }
    let length = fixedLength + Int(try rest.takeInteger() as UInt16)
    if length > maximumLength {
      throw Malformed("\(length) bytes are more than \(maximumLength)")
    }
    return bytes.count >= length ? .complete(length) : .exactly(length)
  }

  /// Reads a whole header.
  ///
  /// - Parameter bytes: All of it, and nothing else: what ``extent(of:_:)`` has found complete.
  /// - Throws: What is wrong with it.
  init(decoding bytes: ArraySlice<UInt8>) throws(Malformed) {
    if bytes.first == Self.keyword[0] {
      self.init(try Self.endpoints(line: bytes.dropLast(2)), version: .v1)
      return
    }
    var rest = bytes.dropFirst(Self.signature.count)
    guard try Self.command(rest.takeInteger()) == .proxy else {
      self.init(.local)
      return
    }
    let (family, transport) = try Self.family(rest.takeInteger())
    _ = try rest.take(2)
    var endpoints = Endpoints.unknown
    switch family {
    case .ipv4: endpoints = try Self.ipEndpoints(&rest, size: 4)
    case .ipv6: endpoints = try Self.ipEndpoints(&rest, size: 16)
    case .unix:
      let source = try rest.take(UnixAddress.capacity)
      let destination = try rest.take(UnixAddress.capacity)
      endpoints = .unix(
        source: UnixAddress(padded: source),
        destination: UnixAddress(padded: destination)
      )
    case .unspecified: break
    }
    self.init(
      transport == .unspecified ? .unknown : endpoints,
      isDatagram: transport == .datagram
    )
    try readFields(rest, of: bytes)
  }

  private static func ipEndpoints(
    _ rest: inout ArraySlice<UInt8>,
    size: Int
  ) throws(Malformed) -> Endpoints {
    guard let source = IPAddress(bytes: try rest.take(size)),
      let destination = IPAddress(bytes: try rest.take(size))
    else { throw Malformed("no IP address") }
    return .ip(
      source: SocketAddress(source, port: try rest.takeInteger()),
      destination: SocketAddress(destination, port: try rest.takeInteger())
    )
  }

  /// Reads what follows the addresses.
  private mutating func readFields(
    _ block: ArraySlice<UInt8>,
    of header: ArraySlice<UInt8>
  ) throws(Malformed) {
    var seen: Set<Field.Kind> = []
    for (field, start) in try Self.fields(in: block) {
      if Field.Kind.unique.contains(field.kind), !seen.insert(field.kind).inserted {
        throw Malformed("field 0x\(String(field.kind.rawValue, radix: 16)) is there twice")
      }
      switch field.kind {
      case .padding: break
      case .checksum:
        guard field.value.count == 4 else { throw Malformed("a checksum has four bytes") }
        var checksum = CRC32C()
        checksum.update(header[..<start])
        checksum.update([0, 0, 0, 0])
        checksum.update(header[(start + 4)...])
        guard checksum.value.bigEndianBytes == field.value else {
          throw Malformed("the checksum is wrong")
        }
        hasChecksum = true
      default:
        try field.check()
        fields.append(field)
      }
    }
  }

  // The two bytes behind the signature

  enum Command: UInt8 { case local, proxy }
  enum Family: UInt8 { case unspecified, ipv4, ipv6, unix }
  enum TransportKind: UInt8 { case unspecified, stream, datagram }

  private static func command(_ byte: UInt8) throws(Malformed) -> Command {
    guard byte >> 4 == 2 else { throw Malformed("version \(byte >> 4) is not 2") }
    guard let command = Command(rawValue: byte & 0xF) else {
      throw Malformed("there is no command \(byte & 0xF)")
    }
    return command
  }

  private static func family(_ byte: UInt8) throws(Malformed) -> (Family, TransportKind) {
    guard let family = Family(rawValue: byte >> 4) else {
      throw Malformed("there is no address family \(byte >> 4)")
    }
    guard let transport = TransportKind(rawValue: byte & 0xF) else {
      throw Malformed("there is no transport protocol \(byte & 0xF)")
    }
    return (family, transport)
  }
}

extension UnixAddress {
  /// The name in a field of fixed size, with zeros behind it.
  fileprivate init(padded bytes: ArraySlice<UInt8>) {
    if bytes.first == 0 {
      // The zeros at the end of an abstract name cannot be told from the padding.
      let end = bytes.lastIndex { $0 != 0 }.map { $0 + 1 } ?? bytes.startIndex
      self.init(bytes: Array(bytes[..<end]))
    } else {
      self.init(bytes: Array(bytes.prefix { $0 != 0 }))
    }
  }
}
