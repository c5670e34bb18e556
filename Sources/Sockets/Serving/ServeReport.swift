/// What a call of `serve` has done, counted in connections, of all its listeners together.
///
/// Once it has returned, ``accepted`` is the sum of ``completed``, ``failed`` and ``cancelled``.
public struct ServeReport: Sendable, Hashable {
  /// Taken from the kernel's queue and given to a handler.
  public internal(set) var accepted = 0
  /// Their handler returned.
  public internal(set) var completed = 0
  /// Their handler threw an error, other than by cancellation.
  public internal(set) var failed = 0
  /// Their handler ended with `CancellationError`, or with any error after `serve` had cancelled it.
  public internal(set) var cancelled = 0
  /// Of those that completed: the ones that did so while their listener was draining.
  public internal(set) var drained = 0
  /// Aborted at the very end, because their handler had not returned 50 milliseconds after it was
  /// cancelled.
  ///
  /// Counted under ``completed`` or ``cancelled`` as well, by how the handler then ended.
  public internal(set) var reset = 0
  /// Turned away without a handler, because descriptors or memory had run out: those of
  /// ``ExhaustionPolicy/shed``, and those that no reactor could register.
  ///
  /// Clients that nobody has accepted are not counted: the kernel refuses them, or resets them with a
  /// listener that is closed rather than drained.
  public internal(set) var refused = 0
  /// Gone before they were accepted, by the kernel's word (`ECONNABORTED` and its like).
  public internal(set) var aborted = 0
  /// How often accepting has paused because descriptors or memory had run out.
  public internal(set) var pauses = 0
  /// The most that were open at one time.
  public internal(set) var peak = 0
}
