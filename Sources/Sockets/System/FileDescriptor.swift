internal import Glibc

/// An open descriptor and its only owner: when this value ends, the descriptor is closed.
///
/// Every descriptor of the package is close-on-exec and non-blocking from birth.
struct FileDescriptor: ~Copyable, Sendable {
  /// The number; -1 once the ownership was given up.
  private(set) var number: Int32

  /// The system calls through which it is used and closed.
  let kernel: Kernel

  /// Takes ownership of an open descriptor.
  ///
  /// - Parameters:
  ///   - number: The descriptor's number; nobody else may close it.
  ///   - kernel: The system calls through which it is used.
  init(owning number: Int32, kernel: Kernel) {
    self.number = number
    self.kernel = kernel
  }

  deinit {
    guard number >= 0 else { return }
    // Once, whatever it says: Linux has released the number even when close reports EINTR, and a
    // second close could hit a stranger that was given the same number meanwhile (close(2)).
    _ = kernel.call.close(number)
    DescriptorSupply.descriptorClosed()
  }

  /// Opens an eventfd.
  ///
  /// C: `eventfd(2)`.
  static func makeEvent(kernel: Kernel) throws(Errno) -> FileDescriptor {
    let flags = Int32(O_CLOEXEC | O_NONBLOCK)
    return FileDescriptor(
      owning: Int32(try retryingOnInterrupt { kernel.call.eventCreate(flags) }),
      kernel: kernel
    )
  }

  /// Closes it, and tells nobody that there is a free descriptor now.
  consuming func closeQuietly() {
    let kernel = kernel
    _ = kernel.call.close(release())
  }

  /// Gives the ownership up.
  ///
  /// - Returns: The number, which is now the caller's to close.
  consuming func release() -> Int32 {
    let released = number
    number = -1
    return released
  }

  /// The socket calls on this descriptor.
  var socket: Socket { Socket(number: number, kernel: kernel) }
}
