extension Reactor {
  /// Waits until a descriptor of someone else's can be read, is at its end, or has an error.
  ///
  /// For descriptors that the library does not own: inotify, timerfd, signalfd, a pipe, or the sockets
  /// of another library such as libpq or curl. The descriptor is neither read nor closed nor changed;
  /// its owner keeps it, and may use it from other tasks meanwhile. A regular file, which epoll does
  /// not know, is always ready.
  ///
  /// If cancelled, or out of time, nothing has happened to the descriptor. Any number of tasks may
  /// wait for one descriptor.
  ///
  /// The corresponding C functions are `poll(2)` with `POLLIN`, here by way of `dup(2)` and `epoll(7)`: the
  /// wait holds a duplicate, so that closing the descriptor meanwhile cannot confuse it with another
  /// that is given the same number.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor's number.
  ///   - deadline: When to give up; `nil` for never.
  /// - Throws: `CancellationError`, or ``SocketError``: ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/closed`` once the reactor was stopped,
  ///   ``SocketError/Code-swift.struct/tooManyOpenFiles``, ``SocketError/Code-swift.struct/other`` with
  ///   `EBADF` if it is not open.
  public nonisolated(nonsending) func waitUntilReadable(
    _ descriptor: Int32,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await loop.wait(.read, descriptor, deadline)
  }

  /// Waits until a descriptor of someone else's can be written, or has an error.
  ///
  /// Otherwise as ``waitUntilReadable(_:deadline:)``.
  ///
  /// The corresponding C function is `poll(2)` with `POLLOUT`.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor's number.
  ///   - deadline: When to give up; `nil` for never.
  /// - Throws: As ``waitUntilReadable(_:deadline:)``.
  public nonisolated(nonsending) func waitUntilWritable(
    _ descriptor: Int32,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await loop.wait(.write, descriptor, deadline)
  }
}

extension EventLoop {
  /// Waits for a descriptor of someone else's.
  nonisolated(nonsending) func wait(
    _ direction: Direction,
    _ descriptor: Int32,
    _ deadline: ContinuousClock.Instant?
  ) async throws {
    do throws(OperationFailure) {
      if Task.isCancelled { throw .cancelled }
      let duplicate = try failing { () throws(Errno) in
        FileDescriptor(
          owning: Int32(try retryingOnInterrupt { kernel.call.duplicate(descriptor) }),
          kernel: kernel
        )
      }
      let registration: Registration
      do throws(OperationFailure) {
        registration = try register(duplicate, initial: .waiting)
      } catch .failed(.notPermitted) {
        return  // a regular file
      }
      defer { registration.close() }
      let end = LoopTime.end(deadline)
      _ = try await registration.perform(direction, whenBusy: .fail, until: end) { socket in
        // Without an edge, it is because the time is over.
        end > LoopTime.now || isReady(socket, direction) ? .done(0, usedUp: .no) : .again(.yes)
      }
    } catch {
      throw error.error(.wait)
    }
  }

  /// Whether a descriptor is ready now, as far as the kernel can be asked.
  private func isReady(_ socket: Socket, _ direction: Direction) -> Bool {
    guard let instance = try? ReadinessPoll.make(kernel: kernel) else { return false }
    let poll = ReadinessPoll(number: instance.number, kernel: kernel)
    var isReady = false
    try? poll.add(socket.number, direction == .read ? .readable : .writable, index: 0)
    poll.ask(count: 1) { _, _ in isReady = true }
    return isReady
  }
}
