internal import Synchronization

extension SocketConnection where Transport == TCP {
  /// Writes an array of bytes, all of them, and lets the kernel send from the array's own memory instead of
  /// copying it first.
  ///
  /// Worth a try for arrays of many pages on a fast network, and for nothing else: pages are pinned, and each
  /// send is confirmed by a message. Over loopback the kernel copies in any case, when the receiver gets the
  /// bytes, and so it does for many virtual networks; the result tells. Arrays up to 16 KiB are copied at
  /// once. What the kernel has no memory to pin (`ENOBUFS`, see `RLIMIT_MEMLOCK` and
  /// `net.core.optmem_max`) is copied, and so is everything if it does not have this for the socket.
  ///
  /// Returns when the kernel is done with the memory, which is when the peer has acknowledged the bytes. Other
  /// tasks' writes wait until then. The array may be changed at any time: whoever has it makes storage of
  /// their own as usual.
  ///
  /// If cancelled, or out of time, nothing more goes out. The error's ``SocketError/bytesWritten`` is the exact
  /// number of bytes that the kernel took, and can be all of them; their storage is kept until
  /// another such write finds the kernel done with it. A ``close()`` before that resets the connection, since
  /// the kernel would go on to send from memory that has been released, and ``detach()`` throws
  /// ``SocketError/Code-swift.struct/other`` with `EBUSY`.
  ///
  /// Otherwise as ``write(_:deadline:)-(RawSpan,_)``. A connection on which it was used makes one more system
  /// call for most reads, and what else comes through its error queue is dropped.
  ///
  /// The corresponding C functions are `send(2)` with `MSG_ZEROCOPY`, and `recvmsg(2)` with `MSG_ERRQUEUE`.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: Whether all of it went without a copy.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``.
  @discardableResult
  public nonisolated(nonsending) func write(
    zeroCopy bytes: [UInt8],
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Bool {
    if bytes.count <= ZeroCopySends.smallest {
      try await write(bytes, deadline: deadline)
      return false
    }
    return try await stream.write(zeroCopy: bytes, deadline: deadline)
  }
}

extension Stream {
  fileprivate nonisolated(nonsending) func write(
    zeroCopy bytes: [UInt8],
    deadline: ContinuousClock.Instant?
  ) async throws -> Bool {
    var sent = 0
    var isCopied = false
    do throws(OperationFailure) {
      _ = try await registration.perform(.write, whenBusy: .queue, deadline: deadline) { socket in
        let sends = zeroCopySends(on: socket)
        let (attempt, copied) = sends.attempt(bytes, &sent, on: socket, self)
        isCopied = isCopied || copied
        return attempt
      }
    } catch {
      // It waited for the kernel to be done, not for room: no edge comes for that.
      if sent == bytes.count { registration.signal(.write) }
      throw self.error(error, .write, bytesWritten: sent)
    }
    return !isCopied
  }

  /// What the connection knows of its sends without a copy: turned on the first time.
  ///
  /// Only the owner of the writing direction comes here: nobody else turns it on meanwhile.
  private func zeroCopySends(on socket: Socket) -> ZeroCopySends {
    zeroCopySends.load()
      ?? zeroCopySends.storeIfNil(
        ZeroCopySends(socket, registration.lendMemory())
      )
  }
}
