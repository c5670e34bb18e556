import Glibc

/// Another program, run to its end.
enum Child {
  /// How it ended and what it said.
  struct Outcome: Sendable {
    var end: End
    var output: String
    var errors: String
  }

  /// How a process ends.
  enum End: Equatable {
    case exited(Int32)
    case signalled(Int32)
    case overdue
  }

  /// Runs a program with pipes as its standard output and standard error; blocks until it has ended.
  ///
  /// - Parameters:
  ///   - path: The program.
  ///   - arguments: Its arguments, its own name first.
  ///   - time: How long at most; it is then killed.
  /// - Returns: The outcome.
  /// - Throws: ``Failure`` if it cannot be started.
  static func run(_ path: String, _ arguments: [String], for time: Duration) throws -> Outcome {
    let output = try Pipe()
    let errors = try Pipe()
    defer {
      output.closeReader()
      errors.closeReader()
    }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe posix_spawn_file_actions_init(&actions)
    defer { unsafe posix_spawn_file_actions_destroy(&actions) }
    unsafe posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    unsafe posix_spawn_file_actions_adddup2(&actions, output.writer, 1)
    unsafe posix_spawn_file_actions_adddup2(&actions, errors.writer, 2)
    var words: [UnsafeMutablePointer<CChar>?] = unsafe arguments.map { unsafe strdup($0) } + [nil]
    defer { unsafe words.forEach { unsafe free($0) } }
    var process: pid_t = 0
    let result = unsafe posix_spawn(&process, path, &actions, nil, &words, environ)
    output.closeWriter()
    errors.closeWriter()
    guard result == 0 else { throw Failure("posix_spawn \(path): error \(result)") }
    return wait(for: process, output, errors, until: .now + time)
  }

  private static func wait(
    for process: pid_t,
    _ output: Pipe,
    _ errors: Pipe,
    until end: ContinuousClock.Instant
  ) -> Outcome {
    var texts: [[UInt8]] = [[], []]
    var polled = [output.reader, errors.reader].map { pollfd(fd: $0, events: 0x1, revents: 0) }
    var isOverdue = false
    while polled.contains(where: { $0.fd >= 0 }) {
      if !isOverdue, ContinuousClock.now > end {
        isOverdue = true
        kill(process, SIGKILL)
      }
      guard unsafe poll(&polled, 2, 1000) > 0 else { continue }
      for index in polled.indices where polled[index].revents != 0 {
        if !Pipe.read(polled[index].fd, &texts[index]) { polled[index].fd = -1 }
      }
    }
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    let signal = status & 0x7F
    return Outcome(
      end: isOverdue ? .overdue : signal == 0 ? .exited(status >> 8 & 0xFF) : .signalled(signal),
      output: String(decoding: texts[0], as: UTF8.self),
      errors: String(decoding: texts[1], as: UTF8.self)
    )
  }

  /// A pipe, close-on-exec at both ends.
  private struct Pipe {
    let reader: Int32
    let writer: Int32

    init() throws {
      var ends: [Int32] = [-1, -1]
      // `pipe2` is not in the Glibc module; two calls will do, since only one thread spawns.
      guard unsafe pipe(&ends) == 0 else { throw Failure("pipe: error \(errno)") }
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      reader = ends[0]
      writer = ends[1]
    }

    func closeReader() { _ = close(reader) }
    func closeWriter() { _ = close(writer) }

    /// Reads once.
    ///
    /// - Returns: Whether there may be more.
    static func read(_ descriptor: Int32, _ text: inout [UInt8]) -> Bool {
      var buffer = [UInt8](repeating: 0, count: 65_536)
      let count = unsafe Glibc.read(descriptor, &buffer, buffer.count)
      if count < 0 { return errno == EINTR }
      text += buffer.prefix(count)
      return count > 0
    }
  }
}
