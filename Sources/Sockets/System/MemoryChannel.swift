internal import CSockets
internal import Glibc

/// One direction of a pipe in memory: the bytes that one end has written and the other has not read.
///
/// It answers as the kernel answers for a socket: with a count, 0 at the end, or a negated error number.
final class MemoryChannel: Sendable {
  /// Makes one end look again; told whether the stream has come to an end, of whatever kind.
  typealias Wake = @Sendable (_ isEnd: Bool) -> Void

  private struct State {
    var bytes: [UInt8] = []
    /// How many of `bytes` were read.
    var start = 0
    /// The writer has ended the stream.
    var isEnded = false
    /// The writer, or the reader, has aborted the stream.
    var isReset = false
    /// The reader is gone.
    var isAbandoned = false
    /// Makes the reader look again.
    var wakeReader: Wake?
    /// Makes the writer look again.
    var wakeWriter: Wake?

    var count: Int { bytes.count - start }

    mutating func drop(_ count: Int) {
      start += count
      if start == bytes.count {
        bytes.removeAll(keepingCapacity: true)
        start = 0
      } else if start > bytes.count / 2 {
        bytes.removeSubrange(..<start)
        start = 0
      }
    }
  }

  private let state = Lock(State())

  /// The most bytes that it holds.
  private let capacity: Int

  init(capacity: Int) { self.capacity = capacity }

  /// Sets what is to be called when there is a reason to read again; `nil` for nobody.
  func onReadable(_ wake: Wake?) { state.withLock { $0.wakeReader = wake } }

  /// Sets what is to be called when there is a reason to write again; `nil` for nobody.
  func onWritable(_ wake: Wake?) { state.withLock { $0.wakeWriter = wake } }

  /// Reads.
  ///
  /// - Parameters:
  ///   - buffer: Receives the bytes.
  ///   - isPeek: Whether the bytes stay.
  /// - Returns: How many bytes; 0 at the end; a negated error number.
  func receive(_ buffer: UnsafeMutableRawBufferPointer, isPeek: Bool) -> Int {
    let (result, wake) = state.withLock { state -> (Int, Wake?) in
      let count = min(state.count, buffer.count)
      if count == 0 {
        if state.isReset { return (-Int(ECONNRESET), nil) }
        return (state.isEnded ? 0 : -Int(EAGAIN), nil)
      }
      unsafe state.bytes[state.start..<state.start + count].withUnsafeBytes {
        unsafe buffer.copyMemory(from: $0)
      }
      if isPeek { return (count, nil) }
      let wasFull = state.count == capacity
      state.drop(count)
      return (count, wasFull ? state.wakeWriter : nil)
    }
    wake?(false)
    return result
  }

  /// Writes as much as there is room for.
  func send(_ buffer: UnsafeRawBufferPointer) -> Int {
    let (result, wake) = state.withLock { state -> (Int, Wake?) in
      if state.isReset { return (-Int(ECONNRESET), nil) }
      if state.isEnded || state.isAbandoned { return (-Int(EPIPE), nil) }
      let count = min(capacity - state.count, buffer.count)
      if count == 0 { return unsafe (buffer.isEmpty ? 0 : -Int(EAGAIN), nil) }
      let wasEmpty = state.count == 0
      let part = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<count])
      unsafe state.bytes.append(contentsOf: part)
      return (count, wasEmpty ? state.wakeReader : nil)
    }
    wake?(false)
    return result
  }

  /// Ends the stream behind what was written.
  func end() {
    let wake = state.withLock { state in
      state.isEnded = true
      return state.wakeReader
    }
    wake?(true)
  }

  /// Aborts the stream: behind what was written there is an error.
  func reset() {
    let wakes = state.withLock { state in
      state.isReset = true
      return [state.wakeReader, state.wakeWriter]
    }
    for wake in wakes { wake?(true) }
  }

  /// Takes note that nobody reads any more.
  ///
  /// - Parameter aborting: Whether the stream is aborted by it, in one step: the writer must not find a stream
  ///   that was given up and not yet reset.
  /// - Returns: Whether bytes were left unread.
  func abandon(aborting: Bool) -> Bool {
    let (hasUnread, wake) = state.withLock { state in
      defer { (state.bytes, state.start, state.isAbandoned) = ([], 0, true) }
      if aborting { state.isReset = true }
      return (state.count > 0, state.wakeWriter)
    }
    wake?(true)
    return hasUnread
  }
}

extension Kernel {
  /// A kernel that has one socket, which is one end of a pipe in memory.
  ///
  /// - Parameters:
  ///   - incoming: What the end reads.
  ///   - outgoing: What it writes.
  /// - Returns: The kernel.
  static func memory(incoming: MemoryChannel, outgoing: MemoryChannel) -> Kernel {
    var call = SystemCalls()
    unsafe call.recv = { unsafe incoming.receive($1, isPeek: $2 & Int32(MSG_PEEK) != 0) }
    unsafe call.send = { _, bytes, _ in unsafe outgoing.send(bytes) }
    unsafe call.sendmsg = { _, message, _ in
      var sent = 0
      let parts = unsafe UnsafeBufferPointer(start: message.msg_iov, count: message.msg_iovlen)
      for index in parts.indices {
        let part = unsafe parts[index]
        let bytes = unsafe UnsafeRawBufferPointer(start: part.iov_base, count: part.iov_len)
        let result = unsafe outgoing.send(bytes)
        if result < 0 { return sent > 0 ? sent : result }
        sent += result
        if result < bytes.count { break }
      }
      return sent
    }
    call.shutdown = { _, _ in
      outgoing.end()
      return 0
    }
    return Kernel(call)
  }
}
