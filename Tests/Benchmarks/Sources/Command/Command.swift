import Glibc

/// The command line that all servers share: a mode, its argument, flags.
public struct Command: Sendable {
  /// What to do.
  public enum Mode: String, Sendable, CaseIterable {
    case echo, bulk, read, lines, frames, timer, deadline, udp
    case batches = "udp-batch"
    case unix, relay, client
  }

  /// What to do.
  public let mode: Mode

  /// The path of a Unix-domain socket, or the port to connect to.
  public let argument: String

  /// The port to connect to.
  public var port: Int { Int(argument) ?? 0 }

  /// How much a read asks for, in bytes, where the caller says it.
  public var chunk: Int { mode == .bulk || mode == .relay ? 65_536 : Workload.chunk }

  private let words: [String]

  /// Reads the command line; ends the process with 64 if it cannot be understood.
  public init() {
    let words = CommandLine.arguments.dropFirst().filter { !$0.hasPrefix("--") }
    self.words = CommandLine.arguments.filter { $0.hasPrefix("--") }
    guard let mode = words.first.flatMap(Mode.init) else {
      let modes = Mode.allCases.map(\.rawValue).joined(separator: " | ")
      Self.write("usage: \(CommandLine.arguments[0]) MODE [PATH | PORT]\nmodes: \(modes)\n", to: 2)
      exit(64)
    }
    self.mode = mode
    argument = words.dropFirst().first ?? ""
  }

  /// Whether a flag was given.
  ///
  /// - Parameter flag: The flag, with its dashes.
  /// - Returns: Whether it was.
  public func has(_ flag: String) -> Bool { words.contains(flag) }

  /// Says on standard output that clients can come.
  ///
  /// - Parameter port: Where; `nil` if the caller knows.
  public func ready(at port: Int? = nil) {
    Self.write(port.map { "ready \($0)\n" } ?? "ready\n", to: 1)
  }

  /// Ends the process: this server has no such mode.
  public func unsupported() -> Never {
    Self.write("no \(mode.rawValue) here\n", to: 2)
    exit(64)
  }

  private static func write(_ text: String, to descriptor: Int32) {
    _ = text.withCString { Glibc.write(descriptor, $0, strlen($0)) }
  }
}

/// What the workloads fix.
public enum Workload {
  /// How many clients connect at once.
  public static let clients = 1_000

  /// What a client sends, and waits for: the alphabet, again and again.
  public static let message = (0..<64).map { UInt8(ascii: "a") + UInt8($0 % 26) }

  /// How long a handler waits before it answers, in milliseconds.
  public static let pause: Int64 = 1

  /// How long a read may take, in seconds.
  public static let limit: Int64 = 30

  /// How much a read asks for, in bytes, where the caller says it and the messages are small.
  public static let chunk = 16_384
}
