import Glibc

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

  /// Runs a sample and ends the process: with 0, with 64 after a wrong command line, with 128 and the
  /// signal's number after an ``Interruption``, with 1 after any other error.
  public static func run(
    usage: String,
    _ body: ([String]) async throws -> Void
  ) async -> Never {
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
    } catch let error as Interruption {
      note(error.message)
      exit(128 + error.signal)
    } catch {
      note("\(error)")
      exit(1)
    }
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
