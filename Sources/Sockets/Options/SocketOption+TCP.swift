/// Options of TCP. C: `tcp(7)`.
extension SocketOption where Value == Bool, Scope == TCP {
  /// Whether a small write leaves at once, instead of waiting for the peer's answer to earlier ones
  /// (Nagle's algorithm, RFC 896).
  ///
  /// On for every socket that the library makes.
  ///
  /// C: `TCP_NODELAY`.
  public static var noDelay: SocketOption<Bool, Scope> { SocketOption(.noDelay, .flag) }

  /// Whether acknowledgements leave at once now, instead of waiting for data to ride on.
  ///
  /// Not lasting: the kernel changes it as the traffic goes.
  ///
  /// C: `TCP_QUICKACK`.
  public static var quickAck: SocketOption<Bool, Scope> { SocketOption(.quickAck, .flag) }

  /// Whether a client's first write travels with its connection request (TCP Fast Open, RFC 7413),
  /// if the server has given this machine a cookie before.
  ///
  /// Before connect, in its `configure` closure. The connect then returns at once, and the first
  /// write does the work: it should follow soon, before any read. The data may reach the server
  /// twice: only for requests that may be repeated. ``SocketError/Code-swift.struct/notSupported``
  /// if `net.ipv4.tcp_fastopen` forbids it.
  ///
  /// C: `TCP_FASTOPEN_CONNECT`.
  public static var fastOpenConnect: SocketOption<Bool, Scope> {
    SocketOption(.fastOpenConnect, .flag)
  }

  /// Whether urgent data stays in its place in the stream, for reads to return.
  ///
  /// Off by default: reads then skip the urgent byte. See
  /// ``SocketConnection/sendUrgent(_:deadline:)``.
  ///
  /// C: `SO_OOBINLINE`.
  public static var urgentInline: SocketOption<Bool, Scope> { SocketOption(.urgentInline, .flag) }
}

extension SocketOption where Value == Int, Scope == TCP {
  /// How many unsent bytes may wait in the kernel before a write suspends, 0 to 4,294,967,295.
  ///
  /// 16,384 for every socket that the library makes; 0 for what `net.ipv4.tcp_notsent_lowat` says,
  /// usually no limit.
  ///
  /// C: `TCP_NOTSENT_LOWAT`.
  public static var notSentLowWatermark: SocketOption<Int, Scope> {
    SocketOption(.notSentLowWatermark, .unsigned)
  }

  /// How many clients a listener lets send data with their connection request (TCP Fast Open, RFC
  /// 7413) and wait for the handshake's end; 0, the default, for none.
  ///
  /// Takes effect if `net.ipv4.tcp_fastopen` allows it for servers. The data may arrive twice: only
  /// for requests that may be repeated.
  ///
  /// C: `TCP_FASTOPEN`.
  public static var fastOpenQueue: SocketOption<Int, Scope> {
    SocketOption(.fastOpen, .number(0...Int(Int32.max)))
  }

  /// The most payload that one segment may carry, in bytes, 88 to 32,767.
  ///
  /// Set it before connect, or on a listener; reading it from a connection tells what is in use.
  ///
  /// C: `TCP_MAXSEG`.
  public static var maximumSegmentSize: SocketOption<Int, Scope> {
    SocketOption(.maximumSegment, .number(88...32_767))
  }
}

extension SocketOption where Value == Duration?, Scope == TCP {
  /// How long sent data may stay unacknowledged before the connection ends with
  /// ``SocketError/Code-swift.struct/timedOut``; in whole milliseconds, rounded up, at least one
  /// and up to 2,147,483,647.
  ///
  /// It ends with ``SocketError/Code-swift.struct/hostUnreachable`` if the network has said so meanwhile, as it
  /// does after three seconds of a machine next door that is gone.
  ///
  /// `nil`, the default, leaves it to the kernel's count of retransmissions: about 15 minutes. RFC
  /// 5482.
  ///
  /// C: `TCP_USER_TIMEOUT`.
  public static var userTimeout: SocketOption<Duration?, Scope> {
    SocketOption(.userTimeout, .optional(.time(.milliseconds, 1...Int32.max), none: 0))
  }

  /// How long a listener holds back a client that has connected and sent nothing; `nil`, the
  /// default, for not at all.
  ///
  /// In whole seconds, rounded up, and then up to the times of the kernel's retransmissions: 1, 3,
  /// 7, 15 and so on, which is what reading it tells. When the time is over, the client is accepted
  /// once it sends something.
  ///
  /// C: `TCP_DEFER_ACCEPT`.
  public static var deferAccept: SocketOption<Duration?, Scope> {
    SocketOption(.deferAccept, .optional(.time(.seconds, 1...Int32.max), none: 0))
  }
}

extension SocketOption where Value == String, Scope == TCP {
  /// The congestion control algorithm, such as `cubic` or `bbr`: 1 to 15 bytes.
  ///
  /// One of `net.ipv4.tcp_available_congestion_control`; without `CAP_NET_ADMIN`, one of
  /// `net.ipv4.tcp_allowed_congestion_control`. An unknown one throws an error with `ENOENT`.
  ///
  /// C: `TCP_CONGESTION`.
  public static var congestionControl: SocketOption<String, Scope> {
    SocketOption(
      read: { try $0.text(.congestionControl) },
      write: { try $0.setText(.congestionControl, $1) }
    )
  }
}

extension ReadOnlySocketOption where Value == Bool, Scope == TCP {
  /// Whether the connection speaks multipath TCP (RFC 8684): both ends asked for it, and no
  /// middlebox prevented it.
  ///
  /// C: `TCP_IS_MPTCP`.
  public static var isMultipath: ReadOnlySocketOption<Bool, Scope> {
    ReadOnlySocketOption(.isMultipath, .flag)
  }
}

extension ReadOnlySocketOption where Value == TCPInfo, Scope == TCP {
  /// What the kernel knows about the connection.
  ///
  /// C: `TCP_INFO`.
  public static var tcpInfo: ReadOnlySocketOption<TCPInfo, Scope> {
    ReadOnlySocketOption { descriptor in
      try descriptor.call(.info) { (socket) throws(Errno) in try socket.tcpInfo() }
    }
  }
}
