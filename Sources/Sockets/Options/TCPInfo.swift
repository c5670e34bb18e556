/// What the kernel knows about a TCP connection: a snapshot.
///
/// From `connection.get(.tcpInfo)`. A kernel older than a field leaves it at 0, or `nil` where that
/// is the value for "unknown". Counts of bytes and segments are those of the connection's whole
/// life. The corresponding C type is `struct tcp_info` in `linux/tcp.h`; RFC 4898 explains most of
/// the values.
public struct TCPInfo: Hashable, Sendable {
  /// Where the connection is in its life.
  public var state: State

  /// How many times in a row the oldest unacknowledged segment was sent again.
  public var retransmits: Int
  /// How many segments were sent again.
  public var totalRetransmits: Int
  /// How many segments are sent and not acknowledged.
  public var unacknowledgedSegments: Int
  /// How many segments are thought lost and not yet sent again.
  public var lostSegments: Int
  /// How many segments the peer has acknowledged out of order.
  public var selectivelyAcknowledgedSegments: Int
  /// How many places a segment may come late before it counts as lost.
  public var reordering: Int

  /// The smoothed time that an answer takes.
  public var roundTripTime: Duration
  /// The mean deviation of the time that an answer takes.
  public var roundTripVariance: Duration
  /// The shortest time that an answer took lately; `nil` before the first.
  public var minimumRoundTripTime: Duration?
  /// The time after which an unacknowledged segment is sent again.
  public var retransmissionTimeout: Duration

  /// The congestion window, in segments.
  public var congestionWindow: Int
  /// The window above which the congestion window grows slowly, in segments; `nil` while it has no
  /// limit.
  public var slowStartThreshold: Int?
  /// The window that the peer offers, in bytes.
  public var sendWindow: Int
  /// The window that this end offers, in bytes.
  public var receiveWindow: Int

  /// The most payload that an outgoing segment carries, in bytes.
  public var sendSegmentSize: Int
  /// The most payload seen in an incoming segment, in bytes.
  public var receiveSegmentSize: Int
  /// The largest packet that the path is known to carry, in bytes.
  public var pathMTU: Int

  /// The rate at which the peer lately acknowledged data, in bytes per second; 0 before the first.
  public var deliveryRate: Int
  /// Whether ``deliveryRate`` was limited by the program, which had no more to send.
  public var isDeliveryRateLimitedByProgram: Bool
  /// The rate at which the kernel spaces segments, in bytes per second; `nil` for no limit.
  public var pacingRate: Int?

  /// How many bytes were sent, those sent again included.
  public var bytesSent: Int
  /// How many bytes were sent again.
  public var bytesRetransmitted: Int
  /// How many bytes the peer has acknowledged.
  public var bytesAcknowledged: Int
  /// How many bytes were received, in order.
  public var bytesReceived: Int
  /// How many written bytes wait to be sent for the first time.
  public var bytesNotSent: Int
  /// How many segments were sent.
  public var segmentsSent: Int
  /// How many segments were received.
  public var segmentsReceived: Int

  /// How long there was something to send.
  public var busyTime: Duration
  /// How much of the busy time the peer's window held it up.
  public var timeLimitedByReceiveWindow: Duration
  /// How much of the busy time the own send buffer held it up.
  public var timeLimitedBySendBuffer: Duration

  /// How long ago data was sent.
  public var sinceLastSent: Duration
  /// How long ago data was received.
  public var sinceLastReceived: Duration

  /// Where a connection is in its life: RFC 9293 section 3.3.2.
  public enum State: UInt8, Hashable, Sendable {
    /// Open in both directions.
    case established = 1
    /// A connection request was sent.
    case synSent
    /// A connection request was answered.
    case synReceived
    /// This end has finished; the end was not acknowledged.
    case finWait1
    /// This end has finished, and the peer knows.
    case finWait2
    /// Both ends have finished; late segments are waited for.
    case timeWait
    /// There is no connection.
    case closed
    /// The peer has finished; this end has not.
    case closeWait
    /// Both have finished, the peer first; the end was not acknowledged.
    case lastAck
    /// Waits for connection requests.
    case listening
    /// Both have finished at once; the end was not acknowledged.
    case closing
    /// As ``synReceived``, before the kernel has made a whole socket.
    case newSynReceived
    /// A state that this version of the library does not know.
    case unknown = 255
  }
}

extension TCPInfo {
  /// How many bytes to ask the kernel for: more than any kernel has, 232 to 256 so far.
  static let capacity = 512

  /// Decodes what the kernel has written, however much that is.
  ///
  /// - Parameter bytes: A `struct tcp_info`, or the beginning of one, or a longer one of a later
  ///   kernel.
  init(decoding bytes: [UInt8]) {
    func byte(_ offset: Int) -> UInt8 { UInt8(in: bytes, at: offset) }
    func word(_ offset: Int) -> Int { Int(UInt32(in: bytes, at: offset)) }
    func long(_ offset: Int) -> Int { Int(clamping: UInt64(in: bytes, at: offset)) }
    func microseconds(_ offset: Int) -> Duration { .microseconds(word(offset)) }
    func milliseconds(_ offset: Int) -> Duration { .milliseconds(word(offset)) }

    state = State(rawValue: byte(0)) ?? .unknown
    retransmits = Int(byte(2))
    // A bit field, which C lays out from the other end on big-endian machines.
    let firstBit: UInt8 = 1.bigEndian == 1 ? 0x80 : 0x01
    isDeliveryRateLimitedByProgram = byte(7) & firstBit != 0
    retransmissionTimeout = microseconds(8)
    sendSegmentSize = word(16)
    receiveSegmentSize = word(20)
    unacknowledgedSegments = word(24)
    selectivelyAcknowledgedSegments = word(28)
    lostSegments = word(32)
    sinceLastSent = milliseconds(44)
    sinceLastReceived = milliseconds(52)
    pathMTU = word(60)
    roundTripTime = microseconds(68)
    roundTripVariance = microseconds(72)
    slowStartThreshold = word(76) < 0x7FFF_FFFF ? word(76) : nil
    congestionWindow = word(80)
    reordering = word(88)
    totalRetransmits = word(100)
    pacingRate = (1..<Int.max).contains(long(104)) ? long(104) : nil
    bytesAcknowledged = long(120)
    bytesReceived = long(128)
    segmentsSent = word(136)
    segmentsReceived = word(140)
    bytesNotSent = word(144)
    minimumRoundTripTime = (1..<Int(UInt32.max)).contains(word(148)) ? microseconds(148) : nil
    deliveryRate = long(160)
    busyTime = .microseconds(long(168))
    timeLimitedByReceiveWindow = .microseconds(long(176))
    timeLimitedBySendBuffer = .microseconds(long(184))
    bytesSent = long(200)
    bytesRetransmitted = long(208)
    sendWindow = word(228)
    receiveWindow = word(232)
  }
}

extension Socket {
  /// What the kernel knows about a TCP connection.
  ///
  /// C: `getsockopt(2)` with `TCP_INFO`.
  func tcpInfo() throws(Errno) -> TCPInfo {
    TCPInfo(decoding: try optionBytes(.info, capacity: TCPInfo.capacity))
  }
}
