/// What goes with one UDP datagram beside its payload and the other end's address: the same value tells
/// about a received one and shapes one to be sent.
///
/// When sending, what is not set is chosen by the kernel.
///
/// The corresponding C facilities are the control messages of `recvmsg(2)` and `sendmsg(2)`:
/// `IP_PKTINFO`, `IP_TOS`, `IP_TTL` (ip(7)), `IPV6_PKTINFO`, `IPV6_TCLASS`, `IPV6_HOPLIMIT` (RFC 3542), `UDP_GRO`,
/// `UDP_SEGMENT` (udp(7)).
public struct DatagramMetadata: Sendable, Hashable, BitwiseCopyable {
  /// Received: the address that the datagram was sent to, one of this machine's, or a multicast or
  /// broadcast address.
  ///
  /// Sending: the address to send from, one of this machine's.
  public var localAddress: IPAddress?

  /// Received by IPv4 at an address that is not one of this machine's own: that of its own which the kernel holds to
  /// be the one meant.
  var replyAddress: IPAddress?

  /// The index of the interface that the datagram came in on, or is to leave on; 0 for unknown, or for
  /// the routing table's choice.
  public var interface: UInt32

  /// The traffic class, or "type of service": six bits of DSCP (RFC 2474), two of ECN (RFC 3168).
  public var trafficClass: UInt8?

  /// How many hops the datagram may still go (IPv6), its "time to live" (IPv4).
  ///
  /// Sending: 1 to 255.
  public var hopLimit: UInt8?

  /// Received: the length, in bytes, of the pieces into which the kernel's single delivery was split;
  /// `nil` if the datagram came alone.
  ///
  /// Sending: 1 to 65,535; the payload leaves as datagrams of this many bytes, the last one of what is
  /// left, in one system call. At most 64 of them. The network's packets must be large enough.
  public var segmentSize: Int?

  /// Creates metadata.
  ///
  /// - Parameters:
  ///   - localAddress: The address to send from.
  ///   - interface: The index of the interface to leave on; 0 for the routing table's choice.
  ///   - trafficClass: The traffic class, all eight bits; `nil` for the socket's.
  ///   - hopLimit: How many hops, 1 to 255; `nil` for the socket's.
  ///   - segmentSize: The length of the datagrams into which the payload is split, in bytes; `nil` for one
  ///     datagram.
  public init(
    localAddress: IPAddress? = nil,
    interface: UInt32 = 0,
    trafficClass: UInt8? = nil,
    hopLimit: UInt8? = nil,
    segmentSize: Int? = nil
  ) {
    self.localAddress = localAddress
    self.interface = interface
    self.trafficClass = trafficClass
    self.hopLimit = hopLimit
    self.segmentSize = segmentSize
  }

  /// The congestion notification: the two low bits of ``trafficClass``.
  ///
  /// Setting it keeps the other six bits; `nil` clears the two.
  public var congestion: CongestionNotification? {
    get { trafficClass.flatMap { CongestionNotification(rawValue: $0 & 3) } }
    set { trafficClass = (trafficClass ?? 0) & 0xFC | (newValue?.rawValue ?? 0) }
  }

  /// What an answer to a received datagram is sent with, so that it comes from the address that the
  /// other end knows: the local address, if an answer can come from there.
  ///
  /// A server that is bound to a wildcard, on a machine with several addresses, needs this. From a
  /// multicast group, or a broadcast address, nothing can be sent: what was received by IPv4 is then answered from
  /// the address of the interface that it came in on, and for IPv6 the kernel chooses.
  public var reply: DatagramMetadata {
    if let replyAddress { return DatagramMetadata(localAddress: replyAddress) }
    guard let localAddress, !localAddress.isMulticast else { return DatagramMetadata() }
    if case .v4(let address) = localAddress.unmapped, address.isBroadcast {
      return DatagramMetadata()
    }
    return DatagramMetadata(localAddress: localAddress)
  }
}

/// Explicit congestion notification (RFC 3168): what routers say to the receiver about their queues.
public enum CongestionNotification: UInt8, Sendable, Hashable {
  /// The sender does not take part.
  case notCapable = 0
  /// The sender takes part, ECT(1).
  case capable1 = 1
  /// The sender takes part, ECT(0): the usual mark.
  case capable0 = 2
  /// A router on the way is congested.
  case experienced = 3
}
