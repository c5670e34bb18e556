internal import CSockets
internal import Glibc

/// Moving bytes. Each function makes one system call, again after EINTR, and returns its result or the
/// negated error number: EAGAIN is no failure here.
extension Socket {
  /// Reads at the end of a span.
  ///
  /// C: `recv(2)`.
  @inline(__always)
  func receive(into span: inout OutputRawSpan) -> Int {
    unsafe span.withUnsafeMutableBytes { bytes, count in
      let result = unsafe receive(UnsafeMutableRawBufferPointer(rebasing: bytes[count...]))
      if result > 0 { count += result }
      return result
    }
  }

  /// Reads at the end of an array, whose storage is used again if nobody else holds it.
  ///
  /// C: `recv(2)`.
  @inline(__always)
  func receive(appendingTo array: inout [UInt8], upTo limit: Int) -> Int {
    unsafe array.append(upTo: limit) { unsafe receive($0) }
  }

  /// Looks whether there is something to read, or the end, without taking it; but an error it does take,
  /// as every `recv` does.
  ///
  /// C: `recv(2)` with `MSG_PEEK`.
  func peek() -> Int {
    unsafe withUnsafeTemporaryAllocation(byteCount: 1, alignment: 1) { byte in
      repeatingOnInterrupt {
        unsafe kernel.call.recv(number, byte, Int32(MSG_PEEK))
      }
    }
  }

  /// Reads at the end of an array, and leaves the bytes where they are.
  ///
  /// C: `recv(2)` with `MSG_PEEK`.
  func peek(appendingTo array: inout [UInt8], upTo limit: Int) -> Int {
    unsafe array.append(upTo: limit) { unsafe receive($0, Int32(MSG_PEEK)) }
  }

  /// Writes what follows the first `sent` bytes.
  ///
  /// C: `send(2)`.
  @inline(__always)
  func send(_ bytes: RawSpan, after sent: Int) -> Int {
    unsafe bytes.withUnsafeBytes { unsafe send($0, after: sent) }
  }

  /// Writes what follows the first `sent` bytes.
  ///
  /// C: `send(2)`.
  @inline(__always)
  func send(_ bytes: Span<UInt8>, after sent: Int) -> Int {
    unsafe bytes.withUnsafeBytes { unsafe send($0, after: sent) }
  }

  /// Writes what follows the first `sent` bytes, in place if they lie in one piece.
  ///
  /// C: `send(2)`.
  func send(_ bytes: some Collection<UInt8>, after sent: Int) -> Int {
    let inPlace = bytes.withContiguousStorageIfAvailable { bytes in
      unsafe send(UnsafeRawBufferPointer(bytes), after: sent)
    }
    return inPlace ?? send(Array(bytes).span, after: sent)
  }

  /// Writes what follows the first `sent` bytes of several arrays.
  ///
  /// C: `sendmsg(2)`.
  ///
  /// At most 64 arrays go into one call; the caller goes on with the rest.
  ///
  /// - Parameters:
  ///   - arrays: The arrays.
  ///   - sent: How many of their bytes earlier calls have written.
  ///   - position: Where that is, as the last call has left it.
  /// - Returns: How many bytes the kernel took, or the negated error number.
  func send(gathering arrays: [[UInt8]], after sent: Int, at position: inout GatherPosition) -> Int
  {
    while position.first < arrays.count, sent - position.start >= arrays[position.first].count {
      position.start += arrays[position.first].count
      position.first += 1
    }
    let skipped = sent - position.start
    let batch = arrays[position.first...].prefix(64)
    return unsafe withUnsafeTemporaryAllocation(of: iovec.self, capacity: batch.count) { parts in
      unsafe send(batch, skipping: skipped, into: parts, at: 0)
    }
  }

  /// Notes the first array's place in `parts` and goes on with the rest inside its scope, so that all
  /// places are valid together in the innermost call.
  private func send(
    _ arrays: ArraySlice<[UInt8]>,
    skipping skipped: Int,
    into parts: UnsafeMutableBufferPointer<iovec>,
    at index: Int
  ) -> Int {
    guard let array = arrays.first else { return unsafe send(gathering: parts) }
    return unsafe array.withUnsafeBytes { bytes in
      let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[skipped...])
      // SAFETY: sendmsg only reads through the pointer.
      let base = unsafe UnsafeMutableRawPointer(mutating: rest.baseAddress)
      unsafe parts.initializeElement(at: index, to: iovec(iov_base: base, iov_len: rest.count))
      return unsafe send(arrays.dropFirst(), skipping: 0, into: parts, at: index + 1)
    }
  }

  @inline(__always)
  private func receive(_ buffer: UnsafeMutableRawBufferPointer, _ flags: Int32 = 0) -> Int {
    repeatingOnInterrupt {
      unsafe kernel.call.recv(number, buffer, flags)
    }
  }

  /// The most that one call writes: between two calls a cancellation is seen, and others run.
  static let bytesPerCall = 1 << 20

  @inline(__always)
  private func send(_ bytes: UnsafeRawBufferPointer, after sent: Int) -> Int {
    let end = min(bytes.count, sent + Self.bytesPerCall)
    let rest = unsafe UnsafeRawBufferPointer(rebasing: bytes[sent..<end])
    return repeatingOnInterrupt {
      unsafe kernel.call.send(number, rest, Int32(MSG_NOSIGNAL))
    }
  }

  private func send(gathering parts: UnsafeMutableBufferPointer<iovec>) -> Int {
    var message = unsafe msghdr()
    unsafe message.msg_iov = parts.baseAddress
    unsafe message.msg_iovlen = parts.count
    return repeatingOnInterrupt {
      unsafe kernel.call.sendmsg(number, message, Int32(MSG_NOSIGNAL))
    }
  }
}

/// How far a write of several arrays has come: so that no call has to look through those that are written.
struct GatherPosition {
  /// The first array of which bytes are left.
  fileprivate var first = 0

  /// How many bytes those before it have.
  fileprivate var start = 0
}
