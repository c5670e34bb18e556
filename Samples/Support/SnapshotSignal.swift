import Glibc
public import Sockets

/// `SIGUSR1` as the question what every socket of the process is doing: answered on standard error.
///
/// A signal handler may hardly do more than write to a descriptor (signal-safety(7)): so it does that, and a
/// task that waits for the descriptor does the rest.
public enum SnapshotSignal {
  /// Begins to take note of the signal, which would end the process otherwise.
  ///
  /// - Throws: ``SocketError`` when no descriptor is left.
  public static func install() throws {
    var ends: [Int32] = [-1, -1]
    let kind =
      Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    guard unsafe socketpair(AF_UNIX, kind, 0, &ends) == 0 else {
      throw SocketError(.tooManyOpenFiles, operation: .descriptor, errno: errno)
    }
    unsafe (readEnd, writeEnd) = (ends[0], ends[1])
    signal(SIGUSR1) { _ in
      let before = errno
      _ = unsafe write(writeEnd, "?", 1)
      errno = before
    }
  }

  /// Prints a snapshot whenever the signal comes, until the task is cancelled.
  ///
  /// - Parameter reactor: The reactor that waits for it.
  /// - Throws: `CancellationError`, or ``SocketError``.
  public static func answer(on reactor: Reactor) async throws {
    var bytes = [UInt8](repeating: 0, count: 64)
    while true {
      try await reactor.waitUntilReadable(unsafe readEnd)
      _ = unsafe read(readEnd, &bytes, bytes.count)
      Program.note("\(await Reactor.snapshot())")
    }
  }

  // Written once, before the handler is there.
  private nonisolated(unsafe) static var readEnd: Int32 = -1
}

/// Outside the type, so that the handler finds it without an initializer that might run just then.
private nonisolated(unsafe) var writeEnd: Int32 = -1
