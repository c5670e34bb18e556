/// What every socket of the process is doing: from ``Reactor/snapshot()``.
///
/// ```swift
/// print(await Reactor.snapshot())
/// ```
///
/// Its description is a table for people: a line for each socket, in the order in which they were opened.
/// The columns are those of the ``Entry``, with what `ss(8)` calls `RECV-Q` and `SEND-Q`. `WAITING` says which
/// operations are suspended, and with a plus sign, how many more queue behind them.
///
///     2 sockets on 1 reactor: 1 tcp listener, 1 tcp connection
///     reactor-0: descriptors 2, suspended readers 2, suspended writers 0, deadlines 0
///
///     ID  KIND            LOCAL           REMOTE           AGE   READ  …  WAITING  STATE
///      1  tcp listener    127.0.0.1:7007                   12 s     0  …  accept   0 of 4096 queued
///      2  tcp connection  127.0.0.1:7007  127.0.0.1:51934  3 s    640  …  read     established, rtt 0.04 ms
public struct SocketSnapshot: Sendable {
  /// The reactors of the process, in the order in which they were started.
  public var reactors: [ReactorEntry]

  /// The sockets of all of them, in the order in which they were opened: listeners, connections (those that
  /// are about to connect included) and datagram sockets.
  public var sockets: [Entry]

  /// One reactor.
  public struct ReactorEntry: Sendable {
    /// Its name.
    public var name: String
    /// Its counters.
    public var statistics: Reactor.Statistics
  }

  /// One socket.
  ///
  /// What the kernel is asked for is `nil` where it has no such thing, or does not tell.
  public struct Entry: Sendable, Identifiable {
    /// Which socket, since when, and between which addresses.
    public var identity: SocketIdentity

    /// The name of its reactor.
    public var reactor: String

    /// For how long there has been such a socket.
    public var age: Duration

    /// How many bytes it has taken from the kernel; what was only peeked at does not count.
    public var bytesRead: Int

    /// How many bytes it has given to the kernel.
    public var bytesWritten: Int

    /// What a task does that reads, receives or accepts.
    public var reading: Activity

    /// What a task does that writes, sends or connects.
    public var writing: Activity

    /// How many tasks wait for their turn to accept.
    public var queuedReads: Int

    /// How many tasks wait for their turn to write or send.
    public var queuedWrites: Int

    /// How many bytes have arrived that nobody has read; on a UDP socket with what the kernel adds to them;
    /// on a Unix-domain datagram socket those of the first datagram.
    public var receiveQueue: Int?

    /// How many bytes were written that the peer has not acknowledged (TCP), that have not left (UDP), or
    /// that the peer has not read (Unix-domain); on the last two with what the kernel adds to them.
    public var sendQueue: Int?

    /// How many datagrams a UDP socket has lost for want of room.
    public var droppedDatagrams: Int?

    /// How many clients wait in the queue of a TCP listener for somebody to accept them.
    public var acceptQueue: Int?

    /// How many clients that queue can hold.
    public var backlog: Int?

    /// What the kernel knows about a TCP connection.
    public var tcpInfo: TCPInfo?

    /// The socket's number.
    public var id: UInt64 { identity.id }
  }

  /// What the task does that owns a direction of a socket.
  public enum Activity: Sendable, Hashable {
    /// There is none.
    case none
    /// It is about to make its system call, or was resumed and has not come to it yet.
    case inProgress
    /// It is suspended until the socket is ready.
    case suspended
  }
}
