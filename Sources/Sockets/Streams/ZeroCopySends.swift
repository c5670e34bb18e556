/// A connection's writes that the kernel sends from this process's memory.
///
/// The kernel counts a socket's sends of this kind, and says of ranges of them, in any order but of each once,
/// that it is done. So nothing but their number need be kept, and what keeps the memory until it is
/// zero: its ``LentMemory``.
///
/// Used by the owner of the writing direction only.
final class ZeroCopySends: Sendable {
  /// Up to this size, in bytes, pinning pages costs more than copying them.
  static let smallest = 1 << 14

  private let memory: LentMemory

  /// Whether the kernel has copied any of the bytes after all.
  private let isCopied = Lock(false)

  /// Whether the kernel has it for this socket.
  private let isEnabled: Bool

  /// Tries to turn it on.
  init(_ socket: Socket, _ memory: LentMemory) {
    self.memory = memory
    do throws(Errno) {
      try socket.enableZeroCopy()
      isEnabled = true
    } catch {
      isEnabled = false
    }
  }

  /// One try of a write: four sends of a mebibyte at most, then others of this thread have their turn.
  ///
  /// - Parameters:
  ///   - bytes: All of the write.
  ///   - sent: How many the kernel has taken.
  ///   - socket: The socket.
  ///   - stream: The connection.
  /// - Returns: What it came to, which is not `done` before the kernel is; and whether bytes were copied.
  func attempt(
    _ bytes: [UInt8],
    _ sent: inout Int,
    on socket: Socket,
    _ stream: Stream
  ) -> (Registration.Attempt, isCopied: Bool) {
    // What an earlier write has left when it was cancelled says nothing about this one.
    if sent == 0 { collect(from: socket) }
    if sent == 0 { isCopied.withLock { $0 = !isEnabled } }
    let attempt = send(bytes, &sent, on: socket, stream)
    collect(from: socket)
    let isCopied = isCopied.withLock { $0 }
    guard case .done = attempt, memory.isLent else { return (attempt, isCopied) }
    return (.again(.yes), isCopied)  // the message that says more makes an edge
  }

  private func send(
    _ bytes: [UInt8],
    _ sent: inout Int,
    on socket: Socket,
    _ stream: Stream
  ) -> Registration.Attempt {
    for _ in 0..<4 where sent < bytes.count {
      if let refusal = stream.refusal() { return .failed(refusal) }
      var result = -Int(Errno.noBufferSpace.rawValue)
      if isEnabled {
        result = socket.sendInPlace(bytes, after: sent)
      }
      if result > 0 {
        memory.lend(bytes)
      } else if result == -Int(Errno.noBufferSpace.rawValue) {
        result = socket.send(bytes.span, after: sent)
        isCopied.withLock { $0 = true }
      }
      if result < 0 { return Registration.Attempt(stream.checkedWrite(result)) }
      sent += result
      stream.registration.count(result, .write)
    }
    return sent == bytes.count ? .done(sent, usedUp: .no) : .again(.no)
  }

  /// Reads the error queue to its end.
  private func collect(from socket: Socket) {
    guard isEnabled else { return }
    var completion: Socket.Completion?
    while socket.takeCompletion(&completion) {
      guard let completion else { continue }
      if completion.isCopied { isCopied.withLock { $0 = true } }
      memory.takeBack(Int(completion.last &- completion.first) + 1)
    }
  }
}
