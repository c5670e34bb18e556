/// How a simulated kernel uses the freedom that a kernel has: all of it is legal, and all of it happens to programs
/// in production.
///
/// Each is a probability, 0 to 1, of the single system call or event. All are 0 at first.
public struct CallFaults: Sendable, Equatable {
  /// That a read or write of a stream moves fewer bytes than it could; the rest can be moved a moment later.
  public var shortTransfers = 0.0

  /// That a call is interrupted by a signal (`EINTR`).
  public var interruptions = 0.0

  /// That a call finds that it would block (`EAGAIN`), although it will not a moment later.
  public var postponements = 0.0

  /// That an event is reported up to a millisecond late, perhaps together with later ones.
  public var lateEvents = 0.0

  /// That a socket is reported ready once more, for which nothing has happened.
  public var spuriousEvents = 0.0

  /// Whether the events of one wait come in any order.
  public var reordersEvents = false

  /// None.
  public init() {}

  /// Everything, often: for tests that want to see what order and luck can do.
  public static var everything: CallFaults {
    var faults = CallFaults()
    faults.shortTransfers = 0.3
    faults.interruptions = 0.1
    faults.postponements = 0.2
    faults.lateEvents = 0.3
    faults.spuriousEvents = 0.1
    faults.reordersEvents = true
    return faults
  }

  /// Whether there are any.
  var isNone: Bool { self == CallFaults() }
}
