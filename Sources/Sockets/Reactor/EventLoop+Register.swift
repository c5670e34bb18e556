extension EventLoop {
  /// Registers a descriptor, which the registration owns from here on; closed if this fails.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor; `nil` for a registration that only waits for a signal or a time.
  ///   - identity: Which socket it is; `nil` for none that observers know.
  ///   - initial: Whether the first operation tries or waits.
  ///   - kernel: The system calls, if they are not the loop's.
  /// - Returns: The registration.
  /// - Throws: The error number, or ``OperationFailure/closed`` once the loop has stopped.
  func register(
    _ descriptor: consuming FileDescriptor?,
    as identity: SocketIdentity? = nil,
    initial: WaiterState,
    kernel: Kernel? = nil
  ) throws(OperationFailure) -> Registration {
    var descriptor = descriptor
    return try register(taking: &descriptor, as: identity, initial: initial, kernel: kernel)
  }

  /// Registers two Unix-domain sockets that are connected to each other.
  func registerPair(
    _ kind: Socket.UnixKind
  ) throws(OperationFailure) -> (Registration, Registration) {
    var second: FileDescriptor?
    let first = try failing { () throws(Errno) in
      try Socket.makePair(kind, kernel: kernel, &second)
    }
    func identity() -> SocketIdentity {
      SocketIdentity(.init(kind), .pair, local: .unix(.unnamed), remote: .unix(.unnamed))
    }
    let registered = try register(first, as: identity(), initial: .untried)
    do throws(OperationFailure) {
      return (registered, try register(second.take(), as: identity(), initial: .untried))
    } catch {
      registered.close()
      throw error
    }
  }
}
