/// Turns an ``Endpoint`` into the addresses to connect to.
///
/// The library's own is ``SystemResolver``, written `.system`; every call that takes a name takes a
/// resolver too, so a program or a test can put its own in its place:
///
/// ```swift
/// struct Fixed: Resolver {
///   func resolve(
///     _ endpoint: Endpoint,
///     deadline: ContinuousClock.Instant?
///   ) async throws -> [SocketAddress] { [.loopback(port: 7007)] }
/// }
/// ```
///
/// A resolver is asked only about what needs a look-up: see ``Endpoint/socketAddress``. It should come
/// back at once when its task is cancelled; a connection that is being cancelled waits for it.
///
/// The addresses are what a name server says. A program that must not be led into its own network (RFC
/// 1918 ranges, the loopback interface) has to look at them, best in a resolver that drops what it does
/// not want: it sees the very addresses that will be connected to.
public protocol Resolver: Sendable {
  /// Looks up an endpoint.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port or service.
  ///   - deadline: When to give up; `nil` for never.
  /// - Returns: The addresses, the best one first.
  /// - Throws: `CancellationError`, or ``SocketError`` such as
  ///   ``SocketError/Code-swift.struct/nameNotFound``.
  nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?
  ) async throws -> [SocketAddress]

  /// Looks up an endpoint and hands the addresses over as they come, in any number of pieces.
  ///
  /// Worth implementing by a resolver that asks for IPv6 and IPv4 addresses separately, so that
  /// connecting begins with the first answer (RFC 8305 section 3). Without an implementation of its
  /// own, the addresses of ``resolve(_:deadline:)`` are handed over in one piece.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port or service.
  ///   - deadline: When to give up; `nil` for never.
  ///   - deliver: Takes addresses, the best ones of the piece first; not to be called any more after
  ///     the return.
  /// - Throws: As ``resolve(_:deadline:)``; what was delivered before the error counts.
  nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?,
    deliver: @Sendable ([SocketAddress]) -> Void
  ) async throws
}

extension Resolver {
  /// Looks up an endpoint and hands all addresses over in one piece.
  ///
  /// - Parameters:
  ///   - endpoint: The host and the port or service.
  ///   - deadline: When to give up; `nil` for never.
  ///   - deliver: Takes the addresses.
  /// - Throws: As ``resolve(_:deadline:)``.
  public nonisolated(nonsending) func resolve(
    _ endpoint: Endpoint,
    deadline: ContinuousClock.Instant?,
    deliver: @Sendable ([SocketAddress]) -> Void
  ) async throws {
    deliver(try await resolve(endpoint, deadline: deadline))
  }
}

extension Resolver where Self == SystemResolver {
  /// The resolver of the operating system.
  public static var system: SystemResolver { SystemResolver() }
}
