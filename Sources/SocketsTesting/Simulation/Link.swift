/// One direction of the way between two hosts of a simulated network.
///
/// As it is at first, a link is perfect: everything arrives at once.
public struct Link: Sendable, Equatable {
  /// How long a packet takes.
  public var latency = Duration.zero

  /// How much longer it may take: each packet as much as chance says, between nothing and this.
  ///
  /// Datagrams then overtake each other. The bytes of a stream keep their order.
  public var jitter = Duration.zero

  /// How many bytes pass each second; `nil` for no limit.
  ///
  /// All packets of the link share it, each waits for those before it. Headers do not count.
  public var bandwidth: Int?

  /// The probability, 0 to 1, that a packet gets lost.
  ///
  /// A datagram is gone. What a stream has lost it sends again 200 ms later, and again after twice as long if
  /// that is lost, too; as in a partition, not for ever.
  public var loss = 0.0

  /// The probability that a datagram arrives twice.
  public var duplication = 0.0

  /// The probability that a datagram is held back, for up to 10 ms, so that later ones overtake it.
  public var reordering = 0.0

  /// Whether nothing passes.
  ///
  /// Packets vanish, and nobody is told: connects hang, streams stall, and neither an end nor a reset
  /// arrives. When the link is whole again, streams go on. Before that, one that has had something to send for
  /// 15 minutes (or its `userTimeout`) fails with `timedOut`, as does one whose `keepAlive` finds nobody, and a
  /// connect after 127 seconds.
  public var isPartitioned = false

  /// A perfect link.
  public init() {}
}
