extension DatagramSocket where Transport == UDP {
  /// Receives what has arrived, as many datagrams as there is room for, in one system call.
  ///
  /// Suspends until there is at least one. Allocates nothing. If cancelled, or out of time, none was taken.
  /// What the batch held before is gone either way.
  ///
  /// On a socket that coalesces, the rest of a delivery of which ``receive(upTo:deadline:)`` has returned
  /// the first datagram is kept for the next ``receive(upTo:deadline:)``: use the one or the other.
  ///
  /// The corresponding C function is `recvmmsg(2)`.
  ///
  /// - Parameters:
  ///   - batch: Receives the datagrams, in the order of their arrival.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``receive(upTo:deadline:)``.
  public nonisolated(nonsending) func receiveBatch(
    into batch: inout ReceiveBatch,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    do throws(OperationFailure) {
      try await port.receive(into: &batch, deadline: deadline)
    } catch {
      throw port.error(error, .receive)
    }
  }

  /// Sends all datagrams of a batch, in their order.
  ///
  /// Suspends while the socket's send buffer is full. Allocates nothing. Datagrams that the kernel refuses
  /// do not keep the others from being sent; if there are any, this throws for the first of them when all
  /// others have left, and the batch is empty. If cancelled, or out of time, the batch holds exactly what
  /// was neither sent nor refused: send it again, or ``SendBatch/removeAll()``. `CancellationError` means that it holds
  /// all of it, ``SocketError/Code-swift.struct/cancelled`` that it does not; a ``SocketError/detail`` says how many were
  /// refused by then.
  ///
  /// The corresponding C function is `sendmmsg(2)` with `MSG_NOSIGNAL`.
  ///
  /// - Parameters:
  ///   - batch: The datagrams; empty afterwards.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: As ``send(_:to:metadata:deadline:)-(RawSpan,_,_,_)``; a ``SocketError/detail`` says how many were
  ///   refused.
  public nonisolated(nonsending) func sendBatch(
    _ batch: inout SendBatch,
    deadline: ContinuousClock.Instant? = nil
  ) async throws {
    try await port.send(&batch, deadline: deadline)
  }
}

extension DatagramPort {
  /// Receives datagrams into a batch.
  nonisolated(nonsending) func receive(
    into batch: inout ReceiveBatch,
    deadline: ContinuousClock.Instant?
  ) async throws(OperationFailure) {
    batch.removeAll()
    _ = try await registration.perform(.read, whenBusy: .fail, deadline: deadline) { socket in
      if let error = takeNetworkError() { return .failed(error) }
      let (result, isFull) = batch.receive(from: socket, coalesces: coalesces)
      if result > 0 { registration.count(batch.byteCount, .read) }
      // Fewer than there was room for: the queue is empty. What has come with an edge of its own
      // meanwhile, an error included, keeps the direction ready.
      return Registration.Attempt(result, usedUp: isFull ? .no : .unlessHungUp)
    }
  }

  /// Sends a batch, or what is left of it.
  ///
  /// - Throws: What users see.
  nonisolated(nonsending) func send(
    _ batch: inout SendBatch,
    deadline: ContinuousClock.Instant?
  ) async throws {
    let total = batch.count
    if total == 0 { return }
    batch.prepare(isIPv6)
    var met: Errno?
    var refused = 0
    var refusal: (error: Errno, address: SocketAddress?)?
    defer { deliver(met) }
    do throws(OperationFailure) {
      _ = try await registration.perform(.write, whenBusy: .queue, deadline: deadline) { socket in
        // Sixteen calls or so, then others of this thread have their turn.
        for _ in 0..<16 {
          if batch.isEmpty { return .done(0, usedUp: .no) }
          var (result, bytes) = batch.send(on: socket)
          if result < 0 {
            var retried: Errno?
            if sendsAgain(after: Errno(Int32(-result)), &retried) {
              (result, bytes) = batch.send(on: socket)
              if result != -Int(retried?.rawValue ?? 0) { met = retried }
            }
          }
          registration.count(bytes, .write)
          if result >= 0 { continue }
          let error = Errno(Int32(-result))
          if error == .again { return .again(.yes) }
          let (address, count) = batch.dropFirst(refusedWith: error)
          if count == 0 { continue }
          refused += count
          if refusal == nil { refusal = (error, address) }
        }
        return batch.isEmpty ? .done(0, usedUp: .no) : .again(.no)
      }
    } catch .cancelled where batch.count < total {
      // Not without effect, as a CancellationError would say.
      throw SocketError(
        .cancelled,
        operation: .send,
        localAddress: localName.address,
        remoteAddress: remoteName?.address,
        detail: "datagrams of the batch that were sent: \(total - batch.count - refused)"
          + (refused > 0 ? ", and refused: \(refused)" : "")
      )
    } catch {
      let failure = self.error(error, .send)
      guard refused > 0, var failure = failure as? SocketError else { throw failure }
      failure.detail = "datagrams of the batch that were refused: \(refused)"
      throw failure
    }
    guard let refusal else { return }
    throw SocketError(
      refusal.error.code,
      operation: .send,
      localAddress: localName.address,
      remoteAddress: refusal.address ?? remoteName?.socketAddress,
      errno: refusal.error.rawValue,
      detail: "datagrams of the batch that were not sent: \(refused)"
    )
  }
}
