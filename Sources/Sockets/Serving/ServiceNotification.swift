/// What a service tells its service manager: that it is ready, that it stops, that it is alive.
///
/// ```swift
/// let listener = try await TCPListener.bind(to: address)
/// try await ServiceNotification.send(.ready, .status("listening on \(listener.localAddress)"))
/// ```
///
/// systemd starts what depends on a service of `Type=notify` only once it has said that it is ready.
/// The manager names a socket in the environment, `NOTIFY_SOCKET`; where there is none, sending does
/// nothing. Nothing is answered, and nothing blocks: a full queue suspends the caller.
///
/// The corresponding C functions are `sd_notify(3)` and its kin, whose library is not needed.
public struct ServiceNotification: Hashable, Sendable {
  /// One line of a message.
  struct Variable: Hashable, Sendable {
    let name: String
    let value: String
  }

  /// The lines.
  let variables: [Variable]

  init(_ variables: KeyValuePairs<String, String>) {
    self.variables = variables.map { Variable(name: $0, value: $1) }
  }

  /// The service has started, or has finished reloading (`READY=1`).
  public static let ready = ServiceNotification(["READY": "1"])

  /// The service has begun to reload its configuration, as of now (`RELOADING=1` and
  /// `MONOTONIC_USEC`).
  ///
  /// To be followed by ``ready``.
  public static var reloading: ServiceNotification {
    ServiceNotification([
      "RELOADING": "1", "MONOTONIC_USEC": "\(ProcessEnvironment.monotonicMicroseconds)",
    ])
  }

  /// The service has begun to stop (`STOPPING=1`).
  public static let stopping = ServiceNotification(["STOPPING": "1"])

  /// The service is alive (`WATCHDOG=1`): see ``notifyWatchdog(every:)``.
  public static let watchdog = ServiceNotification(["WATCHDOG": "1"])

  /// The service has found itself to be broken: the manager is to do as if the watchdog had
  /// (`WATCHDOG=trigger`).
  public static let watchdogTrigger = ServiceNotification(["WATCHDOG": "trigger"])

  /// How the service is, for people to read (`STATUS`).
  ///
  /// - Parameter text: One line.
  /// - Returns: The notification.
  public static func status(_ text: String) -> ServiceNotification {
    ServiceNotification(["STATUS": text])
  }

  /// Which process is the service's main one from now on (`MAINPID`): after a hand-over.
  ///
  /// - Parameter id: The process's number; `nil` for this one.
  /// - Returns: The notification.
  public static func mainProcess(_ id: Int32? = nil) -> ServiceNotification {
    ServiceNotification(["MAINPID": "\(id ?? ProcessEnvironment.processID)"])
  }

  /// Starting, reloading or stopping takes longer (`EXTEND_TIMEOUT_USEC`).
  ///
  /// - Parameter duration: How much time the service needs from now on until it says so again.
  /// - Returns: The notification.
  public static func extendTimeout(by duration: Duration) -> ServiceNotification {
    ServiceNotification(["EXTEND_TIMEOUT_USEC": "\(microseconds(duration))"])
  }

  /// The watchdog is to wait for another time than configured (`WATCHDOG_USEC`).
  ///
  /// - Parameter duration: The time between two signs of life, at most.
  /// - Returns: The notification.
  public static func watchdogInterval(_ duration: Duration) -> ServiceNotification {
    ServiceNotification(["WATCHDOG_USEC": "\(microseconds(duration))"])
  }

  /// Why the service has failed (`ERRNO`).
  ///
  /// - Parameter errno: The error number, such as ``SocketError/errno``.
  /// - Returns: The notification.
  public static func failed(errno: Int32) -> ServiceNotification {
    ServiceNotification(["ERRNO": "\(errno)"])
  }

  /// The manager is to close descriptors that it keeps (`FDSTOREREMOVE=1`).
  ///
  /// - Parameter name: The name that they were stored under, with
  ///   ``store(_:named:deadline:)-(DescriptorBatch,_,_)``.
  /// - Returns: The notification.
  public static func removeDescriptors(named name: String) -> ServiceNotification {
    ServiceNotification(["FDSTOREREMOVE": "1", "FDNAME": name])
  }

  /// Something that has no name here.
  ///
  /// - Parameters:
  ///   - name: The variable, such as `X_SOMETHING`.
  ///   - value: Its value, one line.
  /// - Returns: The notification.
  public static func variable(_ name: String, _ value: String) -> ServiceNotification {
    ServiceNotification([name: value])
  }

  private static func microseconds(_ duration: Duration) -> Int64 {
    let nanoseconds = max(LoopTime.nanoseconds(duration), 0)
    return nanoseconds / 1000 + (nanoseconds % 1000 == 0 ? 0 : 1)
  }

  /// Notifications as one message.
  ///
  /// - Parameter notifications: The notifications.
  /// - Returns: The message's bytes.
  /// - Throws: What users see, if one of them does not fit into its line.
  static func message(_ notifications: [ServiceNotification]) throws -> [UInt8] {
    let lines = try notifications.flatMap(\.variables).map { variable in
      let isName = variable.name.utf8.allSatisfy {
        $0 == UInt8(ascii: "_") || $0.isDecimalDigit || (0x41...0x5A).contains($0)
      }
      guard isName, !variable.name.isEmpty else { throw refusal("\"\(variable.name)\" is no name") }
      guard !variable.value.utf8.contains(where: { $0 == 0 || $0 == UInt8(ascii: "\n") }) else {
        throw refusal("the value of \(variable.name) is more than one line")
      }
      guard variable.name != "FDNAME" || isDescriptorName(variable.value) else {
        throw refusal("\"\(variable.value)\" is no name for descriptors")
      }
      return "\(variable.name)=\(variable.value)"
    }
    return Array(lines.joined(separator: "\n").utf8)
  }

  /// Whether systemd would keep the name: it would say nothing, and call the descriptors "stored".
  private static func isDescriptorName(_ name: String) -> Bool {
    (1...255).contains(name.utf8.count)
      && name.utf8.allSatisfy { (0x20...0x7E).contains($0) && $0 != UInt8(ascii: ":") }
  }

  static func refusal(_ detail: String) -> SocketError {
    SocketError(.invalidArgument, operation: .send, detail: detail)
  }
}
