internal import Synchronization

/// What of a connection's writes the kernel still sends from this process's memory.
///
/// The kernel counts a socket's sends of this kind, and says of ranges of them, in any order but of each once,
/// that it is done. So nothing but their number need be kept, and what keeps the memory until it is
/// zero.
///
/// Used by the owner of the writing direction only.
final class ZeroCopySends: Sendable {
  /// Up to this size, in bytes, pinning pages costs more than copying them.
  static let smallest = 1 << 14

  private struct State {
    /// How many sends the kernel is not done with.
    var outstanding = 0
    /// The arrays that it may still read.
    var kept: [[UInt8]] = []
    /// Whether it has copied any of the bytes after all.
    var isCopied = false
  }

  private let state = Lock(State())

  /// Whether the kernel has it for this socket.
  private let isEnabled: Bool

  /// Tries to turn it on.
  init(_ socket: Socket) {
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
    if sent == 0 { collect(from: socket, stream) }
    if sent == 0 { state.withLock { $0.isCopied = !isEnabled } }
    let attempt = send(bytes, &sent, on: socket, stream)
    collect(from: socket, stream)
    return state.withLock { state in
      guard case .done = attempt, state.outstanding > 0 else { return (attempt, state.isCopied) }
      return (.again(.yes), state.isCopied)  // the message that says more makes an edge
    }
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
        state.withLock { state in
          state.outstanding += 1
          state.kept.append(bytes)
        }
      } else if result == -Int(Errno.noBufferSpace.rawValue) {
        result = socket.send(bytes.span, after: sent)
        state.withLock { $0.isCopied = true }
      }
      if result < 0 {
        stream.noteWriteFailure(result)
        return Registration.Attempt(result)
      }
      sent += result
      stream.registration.count(result, .write)
    }
    return sent == bytes.count ? .done(sent, usedUp: .no) : .again(.no)
  }

  /// Reads the error queue to its end.
  private func collect(from socket: Socket, _ stream: Stream) {
    guard isEnabled else { return }
    var completion: Socket.Completion?
    while socket.takeCompletion(&completion) {
      guard let completion else { continue }
      state.withLock { state in
        state.outstanding -= Int(completion.last &- completion.first) + 1
        if completion.isCopied { state.isCopied = true }
      }
    }
    let (isDone, released) = state.withLock { state -> (Bool, [[UInt8]]) in
      guard state.outstanding == 0 else { return (false, []) }
      defer { state.kept = [] }
      return (true, state.kept)
    }
    stream.registration.lendsMemory.store(!isDone, ordering: .relaxed)
    _ = released  // freed here, outside the lock
  }
}
