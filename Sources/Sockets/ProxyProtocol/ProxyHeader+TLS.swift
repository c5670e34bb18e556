extension ProxyHeader {
  /// How a proxy's client has come by TLS (`PP2_TYPE_SSL`).
  public struct TLS: Hashable, Sendable {
    /// What the client has done.
    public struct Client: OptionSet, Hashable, Sendable {
      /// The bits.
      public let rawValue: UInt8

      /// Creates a set from its bits.
      ///
      /// - Parameter rawValue: The bits.
      public init(rawValue: UInt8) { self.rawValue = rawValue }

      /// It has connected over TLS (`PP2_CLIENT_SSL`).
      public static let isConnected = Client(rawValue: 0x01)
      /// It has shown a certificate on this very connection (`PP2_CLIENT_CERT_CONN`).
      public static let showedCertificate = Client(rawValue: 0x02)
      /// It has shown a certificate at least once in this TLS session (`PP2_CLIENT_CERT_SESS`).
      public static let showedCertificateInSession = Client(rawValue: 0x04)
    }

    /// What the client has done.
    public var client: Client

    /// What came of the check of the client's certificate: 0 if it was accepted, or if there was none.
    public var verification: UInt32

    /// The particulars, in the proxy's order.
    public var fields: [Field]

    /// Creates a description.
    ///
    /// - Parameters:
    ///   - client: What the client has done.
    ///   - verification: What came of the check of its certificate, a number of the proxy's; 0 if it was
    ///     accepted.
    ///   - fields: The particulars.
    public init(client: Client, verification: UInt32, fields: [Field] = []) {
      self.client = client
      self.verification = verification
      self.fields = fields
    }

    /// Whether the client has shown a certificate, now or earlier in the session, and the proxy has
    /// accepted it.
    public var isClientVerified: Bool {
      verification == 0
        && !client.isDisjoint(with: [.showedCertificate, .showedCertificateInSession])
    }

    /// The version, such as `TLSv1.3`; `nil` if it is not told.
    public var version: String? { text(.tlsVersion) }

    /// The common name of the client's certificate; `nil` if it is not told, or is not UTF-8.
    ///
    /// It says who the client is only if ``isClientVerified`` is true.
    public var commonName: String? { text(.tlsCommonName) }

    /// The cipher, such as `ECDHE-RSA-AES128-GCM-SHA256`; `nil` if it is not told.
    public var cipher: String? { text(.tlsCipher) }

    /// The algorithm with which the server's certificate is signed, such as `SHA256`; `nil` if it is
    /// not told.
    public var signatureAlgorithm: String? { text(.tlsSignatureAlgorithm) }

    /// The algorithm of the server certificate's key, such as `RSA2048`; `nil` if it is not told.
    public var keyAlgorithm: String? { text(.tlsKeyAlgorithm) }

    private func text(_ kind: Field.Kind) -> String? {
      fields.first { $0.kind == kind }.flatMap { String(validating: $0.value, as: UTF8.self) }
    }
  }
}

extension ProxyHeader.TLS {
  /// Reads the value of a field.
  init(decoding value: ArraySlice<UInt8>) throws(ProxyHeader.Malformed) {
    var rest = value
    client = Client(rawValue: try rest.takeInteger())
    verification = try rest.takeInteger()
    fields = try ProxyHeader.fields(in: rest).map(\.field)
  }

  /// The value of a field.
  var encoded: [UInt8] { [client.rawValue] + verification.bigEndianBytes + fields.encoded }
}

extension ProxyHeader.Field.Kind {
  /// Of ``ProxyHeader/TLS/fields``: the version (`PP2_SUBTYPE_SSL_VERSION`).
  public static let tlsVersion = ProxyHeader.Field.Kind(rawValue: 0x21)
  /// Of ``ProxyHeader/TLS/fields``: the common name of the client's certificate
  /// (`PP2_SUBTYPE_SSL_CN`).
  public static let tlsCommonName = ProxyHeader.Field.Kind(rawValue: 0x22)
  /// Of ``ProxyHeader/TLS/fields``: the cipher (`PP2_SUBTYPE_SSL_CIPHER`).
  public static let tlsCipher = ProxyHeader.Field.Kind(rawValue: 0x23)
  /// Of ``ProxyHeader/TLS/fields``: how the server's certificate is signed
  /// (`PP2_SUBTYPE_SSL_SIG_ALG`).
  public static let tlsSignatureAlgorithm = ProxyHeader.Field.Kind(rawValue: 0x24)
  /// Of ``ProxyHeader/TLS/fields``: the server certificate's key (`PP2_SUBTYPE_SSL_KEY_ALG`).
  public static let tlsKeyAlgorithm = ProxyHeader.Field.Kind(rawValue: 0x25)
}
