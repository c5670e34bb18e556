extension ServiceNotification {
  /// Tells the service manager something: all of it in one message.
  ///
  /// If cancelled, or out of time, nothing was sent.
  ///
  /// The corresponding C function is `sd_notify(3)`.
  ///
  /// - Parameters:
  ///   - notifications: What to tell, at least one thing.
  ///   - deadline: When to give up waiting while the manager's queue is full; `nil` for never.
  /// - Returns: Whether it was sent: `false` if this process has no manager that wants to know
  ///   (`NOTIFY_SOCKET` is not set).
  /// - Throws: `CancellationError`, or ``SocketError`` with the operation
  ///   ``SocketError/Operation-swift.struct/send``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/invalidArgument`` if a text is more than one line,
  ///   ``SocketError/Code-swift.struct/connectionRefused`` or
  ///   ``SocketError/Code-swift.struct/fileNotFound`` if the manager is gone,
  ///   ``SocketError/Code-swift.struct/notSupported`` if it is to be reached by other than a
  ///   Unix-domain socket.
  @discardableResult
  public nonisolated(nonsending) static func send(
    _ notifications: ServiceNotification...,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Bool {
    precondition(!notifications.isEmpty, "there is nothing to tell")
    return try await send(try message(notifications), to: try manager(), deadline: deadline)
  }

  /// Has the service manager keep descriptors: they are there again, under their name in
  /// ``SocketActivation``, when the service has been restarted (`FDSTORE=1`).
  ///
  /// Needs `FileDescriptorStoreMax=` in the service's unit. The batch keeps its own descriptors. systemd
  /// keeps none that is at its end already, and drops it when it comes to it.
  ///
  /// The corresponding C function is `sd_pid_notify_with_fds(3)`.
  ///
  /// - Parameters:
  ///   - descriptors: The descriptors, 1 to 253.
  ///   - name: The name, 1 to 255 characters of ASCII without `:`.
  ///   - deadline: As for ``send(_:deadline:)``.
  /// - Returns: As ``send(_:deadline:)``.
  /// - Throws: As ``send(_:deadline:)``.
  @discardableResult
  public nonisolated(nonsending) static func store(
    _ descriptors: borrowing DescriptorBatch,
    named name: String,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Bool {
    try await store(descriptors.numbers, named: name, at: try manager(), deadline: deadline)
  }

  /// Has the service manager keep a descriptor.
  ///
  /// As ``store(_:named:deadline:)-(DescriptorBatch,_,_)``.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor, which stays the caller's.
  ///   - name: The name, 1 to 255 characters of ASCII without `:`.
  ///   - deadline: As for ``send(_:deadline:)``.
  /// - Returns: As ``send(_:deadline:)``.
  /// - Throws: As ``send(_:deadline:)``.
  @discardableResult
  public nonisolated(nonsending) static func store(
    _ descriptor: borrowing OwnedDescriptor,
    named name: String,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Bool {
    let number = descriptor.withUnsafeDescriptor { $0 }
    return try await store([number], named: name, at: try manager(), deadline: deadline)
  }

  nonisolated(nonsending) static func store(
    _ descriptors: [Int32],
    named name: String,
    at manager: UnixAddress?,
    deadline: ContinuousClock.Instant?
  ) async throws -> Bool {
    guard (1...DescriptorBatch.maximumCount).contains(descriptors.count) else {
      throw refusal("\(descriptors.count) descriptors are not 1 to \(DescriptorBatch.maximumCount)")
    }
    let text = try message([ServiceNotification(["FDSTORE": "1", "FDNAME": name])])
    return try await send(text, passing: descriptors, to: manager, deadline: deadline)
  }

  /// Waits until the service manager has dealt with everything that was sent before (`BARRIER=1`).
  ///
  /// For a process that ends right after its last words: systemd may otherwise not know any more whose
  /// they were.
  ///
  /// The corresponding C function is `sd_notify_barrier(3)`.
  ///
  /// - Parameter deadline: When to give up; `nil` for never.
  /// - Returns: As ``send(_:deadline:)``.
  /// - Throws: As ``send(_:deadline:)``.
  @discardableResult
  public nonisolated(nonsending) static func waitUntilProcessed(
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Bool {
    try await waitUntilProcessed(by: try manager(), deadline: deadline)
  }

  nonisolated(nonsending) static func waitUntilProcessed(
    by manager: UnixAddress?,
    deadline: ContinuousClock.Instant?
  ) async throws -> Bool {
    guard let manager else { return false }
    let (near, far) = try UnixConnection.pair()
    defer { near.close() }
    do {
      // The manager closes it when it comes to this message, and then nobody has it any more.
      let barrier = try far.detach()
      let number = barrier.withUnsafeDescriptor { $0 }
      let text = Array("BARRIER=1".utf8)
      _ = try await send(text, passing: [number], to: manager, deadline: deadline)
    }
    do {
      while try await near.read(upTo: 1, deadline: deadline) != nil {}
    } catch let error as SocketError {
      throw SocketError(error.code, operation: .send, remoteAddress: manager, errno: error.errno)
    }
    return true
  }

  /// Sends one message.
  ///
  /// No event tells of room in the queue of a socket that one is not connected to, so a full one is
  /// tried again: after one millisecond, which doubles up to 50.
  nonisolated(nonsending) static func send(
    _ text: [UInt8],
    passing descriptors: [Int32] = [],
    to manager: UnixAddress?,
    deadline: ContinuousClock.Instant?,
    kernel: Kernel = .linux
  ) async throws -> Bool {
    guard let manager else { return false }
    do {
      if Task.isCancelled { throw OperationFailure.cancelled }
      let descriptor = try failing { () throws(Errno) in
        try Socket.makeUnix(.datagram, kernel: kernel)
      }
      let (socket, name) = (descriptor.socket, KernelAddress(manager))
      let attempt = {
        Registration.Attempt(text.withRawSpan { socket.send($0, passing: descriptors, to: name) })
      }
      switch attempt() {
      case .done: return true
      case .failed(let error): throw OperationFailure.failed(error)
      case .again, .later: break
      }
      try await Reactor.nextShared().loop.retry(deadline: deadline, attempt)
      return true
    } catch let failure as OperationFailure {
      throw failure.error(.send, remoteAddress: manager)
    }
  }

  /// Where the manager listens; `nil` if there is none.
  private static func manager() throws -> UnixAddress? {
    try manager(environment: ProcessEnvironment.value)
  }

  /// Where the manager listens; `nil` if there is none.
  ///
  /// - Parameter environment: Looks a variable up.
  /// - Returns: A path or an abstract name.
  /// - Throws: That it is neither.
  static func manager(environment: (String) -> String?) throws -> UnixAddress? {
    guard let text = environment("NOTIFY_SOCKET"), !text.isEmpty else { return nil }
    do {
      switch text.utf8.first {
      case UInt8(ascii: "/"): return try .path(text)
      case UInt8(ascii: "@"): return try .abstract(String(text.dropFirst()))
      default: break
      }
    } catch let error as SocketError {
      throw refusal("NOTIFY_SOCKET is \(error.detail ?? text)")
    }
    throw SocketError(.notSupported, operation: .send, detail: "NOTIFY_SOCKET is \"\(text)\"")
  }
}
