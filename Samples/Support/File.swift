import Glibc
public import Sockets

/// An open file of whatever kind, such as a pipe, a terminal or a regular file, that tasks read and write
/// without blocking their thread.
///
/// The calls wait until the file is ready, as those of a connection do; a regular file always is.
public final class File: Sendable {
  private let descriptor: OwnedDescriptor
  private let reactor: Reactor

  /// What errors call it.
  private let name: String

  /// Whether its calls never wait, so that there is no need to ask first.
  private let neverBlocks: Bool

  /// Takes over a descriptor; it is closed with the last reference to this.
  ///
  /// - Parameters:
  ///   - descriptor: The descriptor.
  ///   - name: What errors call it.
  ///   - reactor: The reactor that waits for it.
  public init(_ descriptor: consuming OwnedDescriptor, name: String, on reactor: Reactor) {
    neverBlocks = descriptor.withUnsafeDescriptor {
      Self.kind($0) == S_IFREG || fcntl($0, F_GETFL) & O_NONBLOCK != 0
    }
    self.descriptor = descriptor
    self.name = name
    self.reactor = reactor
  }

  /// Standard input.
  ///
  /// - Parameter reactor: The reactor that waits for it.
  /// - Returns: The file.
  /// - Throws: `SocketError` when no descriptor is left.
  public static func standardInput(on reactor: Reactor) throws -> File {
    File(try own(0, O_RDONLY), name: "standard input", on: reactor)
  }

  /// Standard output.
  ///
  /// - Parameter reactor: The reactor that waits for it.
  /// - Returns: The file.
  /// - Throws: `SocketError` when no descriptor is left.
  public static func standardOutput(on reactor: Reactor) throws -> File {
    File(try own(1, O_WRONLY), name: "standard output", on: reactor)
  }

  /// A descriptor of one's own for standard input or output: non-blocking if it is a pipe or terminal.
  ///
  /// `O_NONBLOCK` belongs to the open file, which is shared with the shell and with whatever else the
  /// shell has started: set there, it would be their trouble. So the pipe or terminal is opened once
  /// more, and only that is non-blocking. Where that is not allowed, or it is something else, a
  /// duplicate has to do.
  private static func own(_ number: Int32, _ mode: Int32) throws -> OwnedDescriptor {
    if isatty(number) == 1 || kind(number) == S_IFIFO {
      let flags = mode | O_NONBLOCK | O_CLOEXEC | O_NOCTTY
      let again = unsafe open("/proc/self/fd/\(number)", flags)
      if again >= 0 { return OwnedDescriptor(owning: again) }
    }
    return try OwnedDescriptor(duplicating: number)
  }

  /// Reads what is there, up to a number of bytes; waits until there is something.
  ///
  /// If cancelled, or out of time, nothing was consumed.
  ///
  /// - Parameters:
  ///   - limit: The most to read, in bytes, at least 1.
  ///   - end: Something that stands for the file's end once it is ready and the file is not; `nil` for
  ///     nothing.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Returns: At least one byte, or `nil` at the end.
  /// - Throws: `CancellationError` or `SocketError`.
  public func read(
    upTo limit: Int,
    orUntil end: Readiness? = nil,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [UInt8]? {
    var isReady = neverBlocks
    while true {
      if !isReady, try await !waitUntilReadable(orUntil: end, deadline) { return nil }
      var isDone = false
      let bytes = try unsafe [UInt8](unsafeUninitializedCapacity: limit) { memory, count in
        let result = try call(.read) { unsafe Glibc.read($0, memory.baseAddress, limit) }
        isDone = result != nil
        count = result ?? 0
      }
      if isDone { return bytes.isEmpty ? nil : bytes }
      isReady = false
    }
  }

  /// Writes bytes: all of them; waits while there is no room.
  ///
  /// - Parameters:
  ///   - bytes: The bytes.
  ///   - deadline: When to give up waiting; `nil` for never.
  /// - Throws: `CancellationError`, or `SocketError`: `.brokenPipe` if nobody reads the pipe any more. A part
  ///   may have been written.
  public func write(_ bytes: [UInt8], deadline: ContinuousClock.Instant? = nil) async throws {
    var written = 0
    var isReady = neverBlocks
    while written < bytes.count {
      if !isReady { try await reactor.waitUntilWritable(number, deadline: deadline) }
      // A blocking pipe that is ready has room for so many bytes, and may have no more.
      let count = neverBlocks ? bytes.count - written : min(bytes.count - written, Int(PIPE_BUF))
      let result = try call(.write) { number in
        unsafe bytes.withUnsafeBytes { memory in
          unsafe Glibc.write(number, memory.baseAddress?.advanced(by: written), count)
        }
      }
      written += result ?? 0
      isReady = neverBlocks && result != nil
    }
  }

  /// Waits.
  ///
  /// - Returns: Whether the file is ready, rather than what stands for its end.
  private func waitUntilReadable(
    orUntil end: Readiness?,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> Bool {
    guard let end else {
      try await reactor.waitUntilReadable(number, deadline: deadline)
      return true
    }
    let readable = Readiness.readable(descriptor: number)
    return try await firstReady(of: [readable, end], deadline: deadline, on: reactor)
      .contains(readable)
  }

  /// The descriptor's number, which means this file as long as `self` lives.
  private var number: Int32 { descriptor.withUnsafeDescriptor { $0 } }

  /// Makes a system call.
  ///
  /// - Returns: Its result; `nil` if it is to be made again once the file is ready.
  private func call(
    _ operation: SocketError.Operation,
    _ body: (Int32) -> Int
  ) throws -> Int? {
    let result = descriptor.withUnsafeDescriptor(body)
    if result >= 0 { return result }
    switch errno {
    case EAGAIN, EINTR: return nil
    case let number:
      throw SocketError(
        number == EPIPE ? .brokenPipe : .other,
        operation: operation,
        errno: number,
        detail: name
      )
    }
  }

  /// The kind of file that a descriptor stands for, as `st_mode` tells it.
  private static func kind(_ number: Int32) -> mode_t {
    var status = stat()
    return unsafe fstat(number, &status) == 0 ? status.st_mode & S_IFMT : 0
  }
}
