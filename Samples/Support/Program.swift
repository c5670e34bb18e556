import Glibc
public import Sockets

/// What every sample does the same way: usage, output, errors and exit codes.
public enum Program {
  /// A signal that ended the program before it was done.
  public struct Interruption: Error {
    /// The signal's number.
    public let signal: Int32

    /// How far the program had come.
    public let message: String

    /// Creates an error.
    ///
    /// - Parameters:
    ///   - signal: The signal's number.
    ///   - message: How far the program had come.
    public init(signal: Int32, message: String) {
      self.signal = signal
      self.message = message
    }
  }

  /// Runs a sample and ends the process: with 0, also when nobody reads standard output any more; with 64 after
  /// a wrong command line, with 128 and the signal's number after an ``Interruption``, with 1 after any other
  /// error.
  public static func run(
    usage: String,
    _ body: ([String]) async throws -> Void
  ) async -> Never {
    // A write to a pipe that nobody reads any more fails, and does not end the process.
    _ = signal(SIGPIPE, SIG_IGN)
    openStandardDescriptors()
    prepareMainThread()
    let words = Array(CommandLine.arguments.dropFirst())
    if words.contains("--help") || words.contains("-h") {
      printLine(usage)
      exit(0)
    }
    do {
      try await body(words)
      exit(0)
    } catch let error as UsageError {
      note("\(error.message)\n\n\(usage)")
      exit(64)
    } catch is StandardStreams.OutputClosed {
      exit(0)  // as `cat` does
    } catch let error as Interruption {
      note(error.message)
      exit(128 + error.signal)
    } catch {
      note("\(error)")
      exit(1)
    }
  }

  /// Runs a body until it ends, or until `SIGINT` or `SIGTERM`, which cancels it.
  ///
  /// - Parameter body: What to do.
  /// - Returns: The body's result.
  /// - Throws: The body's error, or an ``Interruption``.
  public static func runUntilSignal<Result: Sendable>(
    _ body: @escaping @Sendable () async throws -> Result
  ) async throws -> Result {
    try ShutdownSignal.install()
    return try await withThrowingTaskGroup(of: Result.self) { group in
      group.addTask { try await body() }
      group.addTask {
        throw Interruption(signal: try await ShutdownSignal.wait(), message: "interrupted")
      }
      defer { group.cancelAll() }
      for try await result in group { return result }
      preconditionFailure("a group of two tasks has ended without one of them")
    }
  }

  /// Starts reactors.
  ///
  /// - Parameter count: How many; `nil` for those that all of the process share.
  /// - Returns: The reactors; `nil` for the shared ones.
  /// - Throws: `SocketError` when no descriptor or thread is left.
  public static func reactors(_ count: Int?) throws -> [Reactor]? {
    try count.map { count in try (0..<count).map { try Reactor(name: "reactor-\($0)") } }
  }

  /// Opens standard input, output and error on `/dev/null` if the program was started without: a socket
  /// must not get such a number, and then what is printed.
  private static func openStandardDescriptors() {
    for number: Int32 in 0...2 where fcntl(number, F_GETFD) < 0 {
      _ = unsafe open("/dev/null", O_RDWR)
    }
  }

  /// Has libdispatch prepare for the moment when the main thread has nothing to do.
  ///
  /// It needs a descriptor for that, and traps without. By then, the program may have taken the last one.
  private static func prepareMainThread() {
    guard let library = unsafe dlopen(nil, RTLD_NOW),
      let symbol = unsafe dlsym(library, "_dispatch_get_main_queue_handle_4CF")
    else { return }
    typealias Prepare = @convention(c) () -> Int32
    // SAFETY: that is its C signature, as the run loop of Foundation calls it.
    _ = unsafe unsafeBitCast(symbol, to: Prepare.self)()
  }

  /// Prints a line to standard output, at once even if that is a pipe.
  public static func printLine(_ line: String) { write(line + "\n", to: 1) }

  /// Prints a line to standard error.
  public static func note(_ line: String) { write(line + "\n", to: 2) }

  private static func write(_ text: String, to descriptor: Int32) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = unsafe bytes.withUnsafeBytes {
        unsafe Glibc.write(descriptor, $0.baseAddress, $0.count)
      }
      if count <= 0 { return }
      bytes = bytes.dropFirst(count)
    }
  }
}
