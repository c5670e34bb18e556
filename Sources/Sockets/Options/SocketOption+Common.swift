/// Options of every socket. C: `socket(7)`.
extension SocketOption where Value == Int {
  /// The space for bytes on their way out, in bytes; at least 0.
  ///
  /// The kernel keeps **twice** the number that is set, since its own bookkeeping counts against
  /// it, and reports the doubled number; it cuts without a word what exceeds `net.core.wmem_max`,
  /// and raises what is too small (to 4,608). Setting it also ends the kernel's own tuning of the
  /// size, which for TCP is usually the better choice. On a Unix-domain socket it also limits the
  /// length of a single message or datagram.
  ///
  /// C: `SO_SNDBUF`.
  public static var sendBufferSize: SocketOption<Int, Scope> {
    SocketOption(.sendBuffer, .number(0...Int(Int32.max / 2)))
  }

  /// The space for bytes that have arrived and were not read, in bytes; at least 0.
  ///
  /// Doubled, and limited by `net.core.rmem_max`, as ``sendBufferSize``. On a Unix-domain socket it has no
  /// effect: there the sender's buffer holds what was not received. For TCP it limits the
  /// window: on a listener it applies to the connections that are accepted, and only there, or
  /// before a connect, in time for the window scaling to be agreed.
  ///
  /// C: `SO_RCVBUF`.
  public static var receiveBufferSize: SocketOption<Int, Scope> {
    SocketOption(.receiveBuffer, .number(0...Int(Int32.max / 2)))
  }

  /// Any option whose value is an `int`, by its numbers.
  ///
  /// The way to what has no name here. The library relies on some options: a receive low-water mark
  /// (`SO_RCVLOWAT`), for one, delays the readiness that its reads wait for. `SO_ERROR` and
  /// `SO_LINGER` are refused: see ``SocketOption``.
  ///
  /// - Parameters:
  ///   - level: The level, such as `SOL_SOCKET` or `IPPROTO_TCP`.
  ///   - name: The option's number.
  /// - Returns: The option; values from `Int32.min` to `Int32.max`.
  public static func raw(level: Int32, name: Int32) -> SocketOption<Int, Scope> {
    let option = OptionName(level: level, number: name)
    let coding = OptionCoding.number(Int(Int32.min)...Int(Int32.max))
    return SocketOption(
      read: { descriptor in
        try option.refuse(descriptor)
        return coding.decode(try descriptor.integer(option))
      },
      write: { descriptor, value in
        try option.refuse(descriptor)
        guard let encoded = coding.encode(value) else {
          throw descriptor.rejection(option, coding.range, value)
        }
        try descriptor.setInteger(option, encoded)
      }
    )
  }
}

extension SocketOption where Value == [UInt8] {
  /// Any option by its numbers, as the bytes of its C type.
  ///
  /// Otherwise as the form of `raw(level:name:)` for integers.
  ///
  /// - Parameters:
  ///   - level: The level, such as `SOL_SOCKET` or `IPPROTO_TCP`.
  ///   - name: The option's number.
  ///   - capacity: The most bytes that reading asks for, at least 1; the value has as many as the
  ///     kernel gave.
  /// - Returns: The option.
  public static func raw(
    level: Int32,
    name: Int32,
    capacity: Int
  ) -> SocketOption<[UInt8], Scope> {
    precondition(capacity > 0, "raw(level:name:capacity:) needs room for at least one byte")
    let option = OptionName(level: level, number: name)
    return SocketOption(
      read: { descriptor in
        try option.refuse(descriptor)
        return try descriptor.call(option) { (socket) throws(Errno) in
          try socket.optionBytes(option, capacity: capacity)
        }
      },
      write: { descriptor, bytes in
        try option.refuse(descriptor)
        try descriptor.call(option) { (socket) throws(Errno) in
          try socket.setOption(option, toBytes: bytes)
        }
      }
    )
  }
}

extension OptionName {
  /// Refuses what would break a promise of the library.
  fileprivate func refuse(_ descriptor: borrowing _SocketDescriptor) throws(SocketError) {
    for harmful in [OptionName.error, .linger]
    where (level, number) == (harmful.level, harmful.number) {
      throw descriptor.refusal(harmful)
    }
  }
}

extension ReadOnlySocketOption where Value == Bool {
  /// Whether the socket listens.
  ///
  /// C: `SO_ACCEPTCONN`.
  public static var isListening: ReadOnlySocketOption<Bool, Scope> {
    ReadOnlySocketOption(.acceptsConnections, .flag)
  }
}
