/// A socket's open descriptor, lent for the time of a closure, with what errors about it say.
///
/// Public only because a public protocol lends it: nobody outside the library can make one, or look into it.
public struct _SocketDescriptor: ~Copyable {
  /// The calls on it.
  let socket: Socket

  /// This end, for errors.
  private let localAddress: (any TransportAddress)?

  /// The other end, for errors.
  private let remoteAddress: (any TransportAddress)?

  init(
    _ socket: Socket,
    localAddress: (any TransportAddress)? = nil,
    remoteAddress: (any TransportAddress)? = nil
  ) {
    self.socket = socket
    self.localAddress = localAddress
    self.remoteAddress = remoteAddress
  }

  /// Calls the kernel for an option.
  func call<Result>(
    _ name: OptionName,
    _ body: (Socket) throws(Errno) -> Result
  ) throws(SocketError) -> Result {
    do {
      return try body(socket)
    } catch {
      throw self.error(error.code, name.text, errno: error.rawValue)
    }
  }

  /// An option whose value is an integer.
  func integer(_ name: OptionName) throws(SocketError) -> Int32 {
    try call(name) { (socket) throws(Errno) in try socket.option(name) }
  }

  /// Sets an option whose value is an integer.
  func setInteger(_ name: OptionName, _ value: Int32) throws(SocketError) {
    try call(name) { (socket) throws(Errno) in
      try socket.setOption(name.level, name.number, to: value)
    }
  }

  /// Whether it is an IPv6 socket: the option goes by another name then.
  func isIPv6(_ name: OptionName) throws(SocketError) -> Bool {
    try call(name) { (socket) throws(Errno) in try socket.kind().isIPv6 }
  }

  /// Whether it sends IPv4 packets: an IPv6 socket does so too, to IPv4-mapped addresses, unless it is v6-only.
  func sendsIPv4(isIPv6: Bool) throws(SocketError) -> Bool {
    isIPv6 ? try integer(.v6Only) == 0 : true
  }

  /// The error for a value that the option does not have.
  func rejection(_ name: OptionName, _ range: String, _ value: Any) -> SocketError {
    error(.invalidArgument, "\(name.text) takes \(range), not \(value)")
  }

  /// The error for an option that can be set and not read.
  func silence(_ name: OptionName) -> SocketError {
    error(.notSupported, "\(name.text) can be set, but the kernel does not tell it")
  }

  /// The error for an option that the library keeps to itself.
  func refusal(_ name: OptionName) -> SocketError {
    error(.invalidArgument, "\(name.text) is not offered, since it would harm the stream")
  }

  /// An option whose value is a name of at most 15 bytes.
  func text(_ name: OptionName) throws(SocketError) -> String {
    let bytes = try call(name) { (socket) throws(Errno) in
      try socket.optionBytes(name, capacity: Self.textCapacity)
    }
    return String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
  }

  /// Sets an option whose value is a name; `nil` for none.
  func setText(_ name: OptionName, _ text: String?) throws(SocketError) {
    let bytes = Array((text ?? "").utf8)
    if let text, bytes.isEmpty || bytes.count >= Self.textCapacity || bytes.contains(0) {
      throw rejection(name, "1 to \(Self.textCapacity - 1) bytes without NUL", "\"\(text)\"")
    }
    try call(name) { (socket) throws(Errno) in try socket.setOption(name, toBytes: bytes) }
  }

  /// How long names are in the kernel, their final zero included: `IFNAMSIZ`, `TCP_CA_NAME_MAX`.
  private static let textCapacity = 16

  private func error(
    _ code: SocketError.Code,
    _ detail: String,
    errno: Int32? = nil
  ) -> SocketError {
    SocketError(
      code,
      operation: .option,
      localAddress: localAddress,
      remoteAddress: remoteAddress,
      errno: errno,
      detail: detail
    )
  }
}

extension Registration {
  /// Lends the descriptor.
  ///
  /// - Parameters:
  ///   - localAddress: This end, for errors.
  ///   - remoteAddress: The other end, for errors.
  ///   - body: Uses it.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or that the registration is closed.
  func lend<Result>(
    localAddress: (any TransportAddress)?,
    remoteAddress: (any TransportAddress)? = nil,
    _ body: (borrowing _SocketDescriptor) throws -> Result
  ) throws -> Result {
    let result: Swift.Result<Result, any Error>
    do throws(OperationFailure) {
      result = try use { socket in
        let descriptor = _SocketDescriptor(
          socket,
          localAddress: localAddress,
          remoteAddress: remoteAddress
        )
        return Swift.Result { try body(descriptor) }
      }
    } catch {
      throw error.error(.option, localAddress: localAddress, remoteAddress: remoteAddress)
    }
    return try result.get()
  }
}
