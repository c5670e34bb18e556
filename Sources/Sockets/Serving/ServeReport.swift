/// What a call of ``SocketListener/serve(maxConnections:handlers:limits:onFailure:handler:)`` has done,
/// counted in connections.
public struct ServeReport: Sendable, Hashable {
  /// Taken from the kernel's queue and given to a handler.
  public internal(set) var accepted = 0
  /// Their handler returned.
  public internal(set) var completed = 0
  /// Their handler threw an error, other than by cancellation.
  public internal(set) var failed = 0
  /// Their handler ended with `CancellationError`, or was cut off at the end of the grace period.
  public internal(set) var cancelled = 0
  /// Of those that completed: the ones that did so while the listener was draining.
  public internal(set) var drained = 0
  /// Aborted at the very end, because their handler had not returned 50 milliseconds after it was
  /// cancelled.
  ///
  /// Counted under ``failed`` or ``cancelled`` as well, by how the handler then ended.
  public internal(set) var reset = 0
  /// The most that were open at one time.
  public internal(set) var peak = 0
}
