/// The resolver of the operating system: `/etc/hosts`, DNS, and whatever else `/etc/nsswitch.conf` lists.
///
/// The C library's look-ups block their thread, for many seconds if name servers do not answer. They run
/// on at most four threads of the library's own, for the whole process, and never on Swift's task pool
/// or a reactor; up to 256 further ones wait for their turn, and one more throws
/// ``SocketError/Code-swift.struct/resolverBusy``. A thread that finds nothing more to do ends.
///
/// A look-up that is cancelled, or out of time, returns at once. If it was waiting for its turn it is
/// never made; if it was in progress, its thread goes on until the C library gives up, and the result is
/// dropped.
///
/// An endpoint of numbers only is answered on the spot, without a thread.
public struct SystemResolver: Resolver {
  private let threads: LookupThreads
  private let lookup: NameLookup

  /// Creates a resolver; all of them share their threads.
  public init() { self.init(threads: .shared, lookup: NameLookup()) }

  /// Who answers in its place, in a task that runs in a simulation.
  @TaskLocal package static var standIn: (any Resolver)?

  init(threads: LookupThreads, lookup: NameLookup) {
    self.threads = threads
    self.lookup = lookup
  }

  /// Looks up the addresses of an endpoint for TCP, in the order of RFC 6724.
  ///
  /// All of them come in one piece: one call of the C library asks for IPv6 and IPv4 addresses at the
  /// same time and returns when both answers are there, sorted.
  ///
  /// The corresponding C function is `getaddrinfo(3)`.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port or service.
  ///   - deadline: When to give up; `nil` leaves that to the C library (resolv.conf(5), `timeout` and
  ///     `attempts`).
  /// - Returns: The addresses, the best one first; at least one.
  /// - Throws: `CancellationError`, or ``SocketError`` whose `detail` names the endpoint:
  ///   ``SocketError/Code-swift.struct/nameNotFound``,
  ///   ``SocketError/Code-swift.struct/serviceNotFound``,
  ///   ``SocketError/Code-swift.struct/nameServerUnavailable``,
  ///   ``SocketError/Code-swift.struct/nameResolutionFailed``,
  ///   ``SocketError/Code-swift.struct/timedOut``,
  ///   ``SocketError/Code-swift.struct/resolverBusy``.
  public nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> [SocketAddress] {
    if let address = endpoint.socketAddress { return [address] }
    if let standIn = Self.standIn {
      return try await standIn.resolve(endpoint, deadline: deadline)
    }
    let host: String? = if case .name(let name) = endpoint.host { name } else { nil }
    let service: String? = if case .name(let name) = endpoint.service { name } else { nil }
    var addresses = try await run(about: "\(endpoint)", deadline: deadline) { [lookup] in
      lookup.addresses(host, service)
    }
    for index in addresses.indices {
      if case .address(let ip) = endpoint.host { addresses[index].ip = ip }
      if case .port(let port) = endpoint.service { addresses[index].port = port }
    }
    // An address was given and only the service looked up: the answer has it once for each family.
    if case .address = endpoint.host { addresses = Array(addresses.prefix(1)) }
    guard addresses.isEmpty else { return addresses }
    throw SocketError(
      .nameNotFound,
      operation: .resolve,
      detail: "\(endpoint): it has no IP address"
    )
  }

  /// Looks up the host name of an address.
  ///
  /// Whoever owns the address can claim any name: to trust it, look the name up in turn and see
  /// whether the address is among its addresses.
  ///
  /// The corresponding C function is `getnameinfo(3)` with `NI_NAMEREQD`.
  ///
  /// - Parameters:
  ///   - address: The address.
  ///   - deadline: When to give up; `nil` leaves that to the C library.
  /// - Returns: The name, as the name server gives it.
  /// - Throws: As ``resolve(_:deadline:)``; ``SocketError/Code-swift.struct/nameNotFound`` if the
  ///   address has no name.
  public nonisolated(nonsending) func hostName(
    of address: IPAddress,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> String {
    try await run(about: "\(address)", deadline: deadline) { [lookup] in
      lookup.hostName(address)
    }
  }

  /// Looks up the name of the TCP service that a port is registered for.
  ///
  /// The corresponding C function is `getnameinfo(3)`, or `getservbyport(3)`.
  ///
  /// - Parameters:
  ///   - port: The port.
  ///   - deadline: When to give up; `nil` leaves that to the C library.
  /// - Returns: The name, such as `http`; `nil` if the system knows none.
  /// - Throws: As ``resolve(_:deadline:)``.
  public nonisolated(nonsending) func serviceName(
    of port: UInt16,
    deadline: ContinuousClock.Instant? = nil
  ) async throws -> String? {
    let name = try await run(about: "port \(port)", deadline: deadline) { [lookup] in
      lookup.serviceName(port)
    }
    return name == String(port) ? nil : name
  }

  private nonisolated(nonsending) func run<Value: Sendable>(
    about subject: String,
    deadline: ContinuousClock.Instant?,
    _ call: @escaping @Sendable () -> Result<Value, NameLookup.Failure>
  ) async throws -> Value {
    do {
      return try await threads.run(deadline: deadline, call).get()
    } catch let failure as NameLookup.Failure {
      throw SocketError(
        failure.code,
        operation: .resolve,
        errno: failure.errno,
        detail: "\(subject): \(failure.reason)"
      )
    } catch var error as SocketError {
      error.detail = error.detail.map { "\(subject): \($0)" } ?? subject
      throw error
    }
  }
}
