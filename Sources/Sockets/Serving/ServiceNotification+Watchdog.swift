extension ServiceNotification {
  /// How long the service manager waits for a sign of life, at most; `nil` if it does not wait for one
  /// from this process.
  ///
  /// The corresponding C function is `sd_watchdog_enabled(3)`.
  ///
  /// - Throws: ``SocketError`` with ``SocketError/Code-swift.struct/invalidArgument`` if the environment
  ///   (`WATCHDOG_USEC`, `WATCHDOG_PID`) contradicts itself.
  public static var watchdogInterval: Duration? {
    get throws {
      try watchdogInterval(
        processID: ProcessEnvironment.processID,
        environment: ProcessEnvironment.value
      )
    }
  }

  /// Gives the service manager signs of life, from a task of one's own, until it is cancelled.
  ///
  /// ```swift
  /// group.addTask(executorPreference: listener.reactor) {
  ///   try await ServiceNotification.notifyWatchdog()
  /// }
  /// ```
  ///
  /// What it proves is that the task still runs where it runs: on a reactor's thread, that its handlers
  /// do not block it; elsewhere, that the task pool is not stuck. A program with another idea of
  /// health sends ``watchdog`` by itself.
  ///
  /// - Parameter interval: The time between two; `nil` for half of what the manager asks for, as systemd
  ///   recommends.
  /// - Throws: `CancellationError`, or as ``send(_:deadline:)``. It returns only if there is no manager
  ///   that wants to know, and then at once.
  public nonisolated(nonsending) static func notifyWatchdog(
    every interval: Duration? = nil
  ) async throws {
    guard let interval = try interval ?? watchdogInterval.map({ $0 / 2 }) else { return }
    try await notifyWatchdog(every: interval) { try await send(.watchdog) }
  }

  /// Sends again and again, until sending says that there is nobody to send to.
  nonisolated(nonsending) static func notifyWatchdog(
    every interval: Duration,
    send: nonisolated(nonsending) () async throws -> Bool
  ) async throws {
    while try await send() { try await Reactor.sleep(for: interval) }
  }

  /// What the environment says of the watchdog.
  ///
  /// - Parameters:
  ///   - processID: This process.
  ///   - environment: Looks a variable up.
  /// - Returns: The interval; `nil` if there is none, or it is for another process.
  /// - Throws: That it contradicts itself.
  static func watchdogInterval(
    processID: Int32,
    environment: (String) -> String?
  ) throws(SocketError) -> Duration? {
    if let text = environment("WATCHDOG_PID") {
      guard let number = Int32(text), number > 0 else {
        throw refusal("WATCHDOG_PID is \"\(text)\"")
      }
      if number != processID { return nil }
    }
    guard let text = environment("WATCHDOG_USEC") else { return nil }
    guard let number = Int64(text), number > 0 else {
      throw refusal("WATCHDOG_USEC is \"\(text)\"")
    }
    return .microseconds(number)
  }
}
