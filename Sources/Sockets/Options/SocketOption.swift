/// A socket option that can be read and set: typed by its value and by the transports that have it.
///
/// The options are static members, so that a call reads `connection.set(.noDelay, to: true)`.
/// `Scope` is the transport of the socket at hand: a member exists for those transports only that
/// have the option. An option without a member here goes by its numbers: ``raw(level:name:)``.
///
/// Times are rounded up to what the kernel counts in. A value that the kernel cannot express is
/// refused with ``SocketError/Code-swift.struct/invalidArgument``, never cut or wrapped.
///
/// Two options have no member on purpose. `SO_ERROR` would take the error away from the next read,
/// which would then report a cut stream as a whole one. `SO_LINGER` with a time blocks the thread
/// in `close(2)`; with zero it is ``SocketConnection/reset()``.
public struct SocketOption<Value, Scope>: Sendable {
  /// Reads the option.
  let read: @Sendable (borrowing _SocketDescriptor) throws -> Value

  /// Sets the option.
  let write: @Sendable (borrowing _SocketDescriptor, Value) throws -> Void

  init(
    read: @escaping @Sendable (borrowing _SocketDescriptor) throws -> Value,
    write: @escaping @Sendable (borrowing _SocketDescriptor, Value) throws -> Void
  ) {
    self.read = read
    self.write = write
  }

  /// An option that is one integer in the kernel.
  init(_ name: OptionName, _ coding: OptionCoding<Value>) {
    read = { coding.decode(try $0.integer(name)) }
    write = { descriptor, value in
      guard let encoded = coding.encode(value) else {
        throw descriptor.rejection(name, coding.range, value)
      }
      try descriptor.setInteger(name, encoded)
    }
  }
}

/// A socket option that can only be read.
///
/// Otherwise as ``SocketOption``.
public struct ReadOnlySocketOption<Value, Scope>: Sendable {
  /// Reads the option.
  let read: @Sendable (borrowing _SocketDescriptor) throws -> Value

  init(read: @escaping @Sendable (borrowing _SocketDescriptor) throws -> Value) {
    self.read = read
  }

  /// An option that is one integer in the kernel.
  init(_ name: OptionName, _ coding: OptionCoding<Value>) {
    read = { coding.decode(try $0.integer(name)) }
  }
}
