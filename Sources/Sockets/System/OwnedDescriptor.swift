/// An open descriptor and its only owner: when this value ends, the descriptor is closed.
///
/// Of whatever kind: a file, a pipe, a socket. What is received with
/// ``SocketConnection/read(upTo:descriptors:descriptorLimit:deadline:)`` comes this way, so that nothing leaks
/// however the receiver ends.
public struct OwnedDescriptor: ~Copyable, Sendable {
  private let descriptor: FileDescriptor

  /// Takes ownership of an open descriptor.
  ///
  /// - Parameter number: The descriptor's number; from here on nobody else may close it.
  public init(owning number: Int32) {
    descriptor = FileDescriptor(owning: number, kernel: .linux)
  }

  init(_ descriptor: consuming FileDescriptor) { self.descriptor = descriptor }

  /// Makes a second descriptor, close-on-exec, of something that is open already.
  ///
  /// The corresponding C function is `fcntl(2)` with `F_DUPFD_CLOEXEC`.
  ///
  /// - Parameter number: The first descriptor's number, which stays its owner's.
  /// - Throws: ``SocketError``: ``SocketError/Code-swift.struct/tooManyOpenFiles``,
  ///   ``SocketError/Code-swift.struct/other`` with `EBADF` if it is not open.
  public init(duplicating number: Int32) throws {
    let duplicate: Int
    do throws(Errno) {
      duplicate = try retryingOnInterrupt { Kernel.linux.call.duplicate(number) }
    } catch {
      throw SocketError(error.code, operation: .descriptor, errno: error.rawValue)
    }
    self.init(owning: Int32(duplicate))
  }

  /// Lends the descriptor's number.
  ///
  /// Unsafe: the number means this descriptor only until the body returns, and the body must not
  /// close it.
  ///
  /// - Parameter body: What to do with the number.
  /// - Returns: The body's result.
  /// - Throws: The body's error.
  public borrowing func withUnsafeDescriptor<Result: ~Copyable, Failure: Error>(
    _ body: (Int32) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    try body(descriptor.number)
  }

  /// Gives the ownership up.
  ///
  /// - Returns: The descriptor's number, which is now the caller's to close.
  public consuming func release() -> Int32 { descriptor.release() }
}
