extension ProxyHeader {
  /// One thing that a header of version 2 says beside the addresses: a type and a value.
  public struct Field: Hashable, Sendable {
    /// What the value is.
    public var kind: Kind

    /// The value, at most 65,535 bytes.
    public var value: [UInt8]

    /// Creates a field.
    ///
    /// - Parameters:
    ///   - kind: What the value is.
    ///   - value: The value.
    public init(_ kind: Kind, _ value: some Sequence<UInt8>) {
      self.kind = kind
      self.value = Array(value)
    }

    /// What a field's value is, as its number.
    ///
    /// The set is open: 0xE0 to 0xEF are for applications of one's own, 0xF0 to 0xF7 for experiments.
    public struct Kind: RawRepresentable, Hashable, Sendable {
      /// The number.
      public let rawValue: UInt8

      /// Creates a kind from its number.
      ///
      /// - Parameter rawValue: The number.
      public init(rawValue: UInt8) { self.rawValue = rawValue }

      /// The protocol that client and proxy have agreed on, such as `h2` (`PP2_TYPE_ALPN`).
      public static let applicationProtocol = Kind(rawValue: 0x01)
      /// The host name that the client has asked for, in UTF-8 (`PP2_TYPE_AUTHORITY`).
      public static let authority = Kind(rawValue: 0x02)
      /// A name that the proxy has given the connection, at most 128 bytes (`PP2_TYPE_UNIQUE_ID`).
      public static let uniqueID = Kind(rawValue: 0x05)
      /// That the client has come by TLS, and how (`PP2_TYPE_SSL`).
      public static let tls = Kind(rawValue: 0x20)
      /// The name of the network namespace in which the addresses count (`PP2_TYPE_NETNS`).
      public static let networkNamespace = Kind(rawValue: 0x30)

      // Those that a header's own properties stand for.
      static let checksum = Kind(rawValue: 0x03)
      static let padding = Kind(rawValue: 0x04)

      /// Those of which a second one would contradict the first.
      static let unique: Set<Kind> = [
        .applicationProtocol, .authority, .checksum, .uniqueID, .tls, .networkNamespace,
      ]
    }

    /// The host name that the client has asked for.
    ///
    /// - Parameter name: The name.
    /// - Returns: The field.
    public static func authority(_ name: String) -> Field { Field(.authority, name.utf8) }

    /// A name for the connection.
    ///
    /// - Parameter bytes: The name, at most 128 bytes.
    /// - Returns: The field.
    public static func uniqueID(_ bytes: [UInt8]) -> Field { Field(.uniqueID, bytes) }

    /// That the client has come by TLS, and how.
    ///
    /// - Parameter tls: How.
    /// - Returns: The field.
    public static func tls(_ tls: TLS) -> Field { Field(.tls, tls.encoded) }
  }

  /// The value of the first field of a kind; `nil` if there is none.
  ///
  /// - Parameter kind: The kind.
  /// - Returns: The value.
  public func value(of kind: Field.Kind) -> [UInt8]? {
    fields.first { $0.kind == kind }?.value
  }

  /// The host name that the client has asked for, such as the one in its TLS handshake; `nil` if the
  /// header says none.
  public var authority: String? {
    value(of: .authority).map { String(decoding: $0, as: UTF8.self) }
  }

  /// The name that the proxy has given the connection; `nil` if it has given none.
  public var uniqueID: [UInt8]? { value(of: .uniqueID) }

  /// The network namespace in which the addresses count; `nil` if the header says none.
  public var networkNamespace: String? {
    value(of: .networkNamespace).map { String(decoding: $0, as: UTF8.self) }
  }

  /// How the client has come by TLS; `nil` if the header does not say that it has.
  public var tls: TLS? {
    // A received one was looked at before.
    value(of: .tls).flatMap { try? TLS(decoding: $0[...]) }
  }

  /// Reads fields to the end of a block.
  ///
  /// - Parameter block: The block.
  /// - Returns: The fields, each with the offset of its value in the block's own indices.
  /// - Throws: That the block does not consist of fields.
  static func fields(
    in block: ArraySlice<UInt8>
  ) throws(Malformed) -> [(field: Field, start: Int)] {
    var rest = block
    var fields: [(field: Field, start: Int)] = []
    while !rest.isEmpty {
      let kind = Field.Kind(rawValue: try rest.takeInteger())
      let count: UInt16 = try rest.takeInteger()
      let start = rest.startIndex
      fields.append((Field(kind, try rest.take(Int(count))), start))
    }
    return fields
  }
}

extension [ProxyHeader.Field] {
  /// The fields one after the other, as a block of a header has them.
  var encoded: [UInt8] {
    flatMap { field in
      [field.kind.rawValue] + UInt16(truncatingIfNeeded: field.value.count).bigEndianBytes
        + field.value
    }
  }

  /// What keeps these fields from being sent, if anything does.
  var refusal: String? {
    for field in self {
      if field.value.count > Int(UInt16.max) { return "a field has more than 65535 bytes" }
      if field.kind == .checksum { return "the checksum is not given as a field" }
      do {
        try field.check()
      } catch {
        return error.detail
      }
    }
    let unique = map(\.kind).filter(ProxyHeader.Field.Kind.unique.contains)
    return Set(unique).count < unique.count ? "a field that exists once is there twice" : nil
  }
}

extension ProxyHeader.Field {
  /// Checks the value of a kind that is known.
  func check() throws(ProxyHeader.Malformed) {
    switch kind {
    case .authority where String(validating: value, as: UTF8.self) == nil:
      throw ProxyHeader.Malformed("the authority is not UTF-8")
    case .networkNamespace where value.contains { $0 >= 0x80 }:
      throw ProxyHeader.Malformed("the network namespace is not ASCII")
    case .uniqueID where value.count > 128:
      throw ProxyHeader.Malformed("a unique ID of \(value.count) bytes is longer than 128")
    case .tls: _ = try ProxyHeader.TLS(decoding: value[...])
    default: break
    }
  }
}

/// Reading from the front; what is missing is an error.
extension ArraySlice<UInt8> {
  mutating func take(_ count: Int) throws(ProxyHeader.Malformed) -> ArraySlice<UInt8> {
    guard count <= self.count else {
      throw ProxyHeader.Malformed("it ends \(count - self.count) bytes too early")
    }
    defer { removeFirst(count) }
    return prefix(count)
  }

  mutating func takeInteger<Integer: FixedWidthInteger & UnsignedInteger>()
    throws(ProxyHeader.Malformed) -> Integer
  {
    try take(MemoryLayout<Integer>.size).reduce(0) { $0 << 8 | Integer($1) }
  }
}

extension FixedWidthInteger {
  /// The bytes in network order.
  var bigEndianBytes: [UInt8] {
    stride(from: bitWidth - 8, through: 0, by: -8).map { UInt8(truncatingIfNeeded: self >> $0) }
  }
}
