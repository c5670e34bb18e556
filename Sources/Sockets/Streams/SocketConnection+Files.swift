extension SocketConnection {
  /// Sends a file, or a part of it, without a copy in this process's memory.
  ///
  /// ```swift
  /// try await connection.write("HTTP/1.1 200 OK\r\nContent-Length: \(size)\r\n\r\n")
  /// try await connection.send(file: page, range: 0..<size)
  /// ```
  ///
  /// Returns when the kernel has every byte. It is one write: those of other tasks go out before or behind. The
  /// file's own position is neither used nor moved, so that any number of tasks may send from one
  /// descriptor.
  ///
  /// What is not in the kernel's memory yet is read from the disk, 256 KiB at a time, and that holds the
  /// thread that the caller runs on, which may be a reactor's: from a disk that is slow, or from a server
  /// of files, send in a task of an executor of its own (``HandlerExecutor``). After 1 MiB in a row
  /// other tasks of the thread have their turn.
  ///
  /// If cancelled, or out of time, nothing more goes out, and the connection can be used further. The error's
  /// ``SocketError/bytesWritten`` is the exact number of bytes that the kernel took; `CancellationError` means
  /// none.
  ///
  /// Up to 16 KiB are read and written, which costs less; so is a file that the kernel cannot send by
  /// itself, such as some in `/proc`. `SIGPIPE` is never raised.
  ///
  /// The corresponding C function is `sendfile(2)`.
  ///
  /// - Parameters:
  ///   - file: A regular file, open for reading.
  ///   - range: Which bytes, from 0 on; `nil` for all from the first to the end of the file as it is now. An
  ///     empty range sends nothing.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: How many bytes were sent: all of the range.
  /// - Throws: As ``write(_:deadline:)-(RawSpan,_)``, with the operation
  ///   ``SocketError/Operation-swift.struct/sendFile``. Errors of the file, which leave the connection as it is:
  ///   ``SocketError/Code-swift.struct/notSupported`` for what is no regular file;
  ///   ``SocketError/Code-swift.struct/unexpectedEndOfStream`` if the file ends before the range does, without
  ///   a byte sent if it is so from the start; and with ``SocketError/detail``, whatever reading it has
  ///   failed with.
  @discardableResult
  public nonisolated(nonsending) func send(
    file: borrowing OwnedDescriptor,
    range: Range<Int>? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> Int {
    precondition(range.map { $0.lowerBound >= 0 } ?? true, "a range of a file begins at 0 or later")
    // Lent to this call until it returns: so the number stays what it is.
    let number = file.withUnsafeDescriptor { $0 }
    return try await stream.send(file: number, range, deadline: deadline)
  }
}

extension Stream {
  fileprivate nonisolated(nonsending) func send(
    file number: Int32,
    _ range: Range<Int>?,
    deadline: ContinuousClock.Instant?
  ) async throws -> Int {
    let size: Int?
    do throws(Errno) {
      size = try RegularFile.size(of: number, registration.kernel)
    } catch {
      throw fileError(error, sent: 0)
    }
    guard let size else { throw fileError(.notSupported, sent: 0, "not a regular file") }
    // A size of 0 says nothing: so it is with the files of /proc.
    if let range, !range.isEmpty, size > 0, range.upperBound > size {
      throw fileError(.noData, sent: 0, "bytes \(range) of a file of \(size)")
    }
    let count = range?.count ?? (size > 0 ? size : .max)
    var transfer = FileTransfer(number, from: range?.lowerBound ?? 0, count)
    do throws(OperationFailure) {
      return try await registration.perform(.write, whenBusy: .queue, deadline: deadline) {
        transfer.attempt($0, self)
      }
    } catch {
      if let fault = transfer.fault {
        throw fileError(fault, sent: transfer.sent, "the file, after \(transfer.sent) bytes")
      }
      throw self.error(error, .sendFile, bytesWritten: transfer.sent)
    }
  }

  /// An error of a file that was to be sent.
  private func fileError(_ error: Errno, sent: Int, _ detail: String = "the file") -> SocketError {
    let isKernels = error != .noData && error != .notSupported
    return SocketError(
      error == .noData ? .unexpectedEndOfStream : error.code,
      operation: .sendFile,
      localAddress: localName.address,
      remoteAddress: remoteName.address,
      errno: isKernels ? error.rawValue : nil,
      bytesWritten: sent,
      detail: detail
    )
  }
}
