internal import Glibc
internal import Sockets

/// A look at this process's descriptors, from outside the library.
public enum DescriptorAudit {
  /// All open descriptors, and what each is of.
  ///
  /// The corresponding C functions are `readdir(3)` and `readlink(2)`, in `/proc/self/fd`.
  ///
  /// - Returns: The target of each one's link, by its number: for example `socket:[4711]`. The number of a socket or
  ///   a pipe in brackets is never given out twice; all epoll instances and event counters are called the same.
  /// - Throws: `SocketError` if there is no `/proc`, or no descriptor left to read it with.
  public static func open() throws -> [Int32: String] {
    guard let directory = unsafe opendir("/proc/self/fd") else {
      let number = errno
      let isFull = number == EMFILE || number == ENFILE
      let code: SocketError.Code = isFull ? .tooManyOpenFiles : .other
      throw SocketError(code, operation: .descriptor, errno: number)
    }
    defer { unsafe closedir(directory) }
    let own = unsafe dirfd(directory)
    var found: [Int32: String] = [:]
    while let entry = unsafe readdir(directory) {
      let name = unsafe withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
        unsafe String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      guard let number = Int32(name), number != own, let object = object(number) else { continue }
      found[number] = object
    }
    return found
  }

  /// What a descriptor is of.
  ///
  /// The corresponding C function is `readlink(2)`.
  ///
  /// - Parameter descriptor: The descriptor's number.
  /// - Returns: The target of its link in `/proc/self/fd`; `nil` if it is not open.
  public static func object(_ descriptor: Int32) -> String? {
    var target = [UInt8](repeating: 0, count: 4_096)
    let count = unsafe target.withUnsafeMutableBytes { bytes in
      let path = unsafe bytes.assumingMemoryBound(to: CChar.self)
      guard let start = path.baseAddress else { return 0 }
      return unsafe readlink("/proc/self/fd/\(descriptor)", start, bytes.count)
    }
    return count < 0 ? nil : String(decoding: target[..<count], as: UTF8.self)
  }

  /// Runs a body, and looks whether it has left descriptors open.
  ///
  /// ```swift
  /// try await DescriptorAudit.expectNoneLeft {
  ///   try await runOneSession()
  /// }
  /// ```
  ///
  /// The descriptors of the whole process are compared, so whatever else opens some meanwhile disturbs it: put the
  /// test into a process of its own, or run all with `swift test --no-parallel`. The shared reactors, which
  /// start when they are first needed, are started before the body, and so are libdispatch's timers, of which Swift's
  /// runtime makes use; of timerfds, only more than its three, one for each clock, are told. Cancelling the task cancels the body; what that leaves
  /// open is still told, if the body returns.
  ///
  /// - Parameter body: What is to leave none.
  /// - Returns: The body's result.
  /// - Throws: ``LeakedDescriptors``; the body's error, without a look; or `SocketError` as ``open()``.
  public nonisolated(nonsending) static func expectNoneLeft<Result>(
    _ body: nonisolated(nonsending) () async throws -> Result
  ) async throws -> Result {
    _ = try Reactor.sharedReactors()
    startProbe()
    // On a thread of the pool, for which no clock is simulated.
    await withTaskExecutorPreference(globalConcurrentExecutor) {
      try? await Task.sleep(for: .milliseconds(1))
    }
    let before = try open()
    let result = try await body()
    var left = LeakedDescriptors(before: before, after: try open())
    // libdispatch opens files of `/proc` for a moment, once a second. What is left stays.
    for _ in 0..<5 where !left.descriptors.isEmpty {
      try await Reactor.sleep(for: .milliseconds(10))
      left.keep(those: LeakedDescriptors(before: before, after: try open()))
    }
    if !left.descriptors.isEmpty { throw left }
    return result
  }
}
