/// Options of sockets over IP. C: `socket(7)`, `ip(7)`, `ipv6(7)`.
extension SocketOption where Value == Bool, Scope: IPTransport {
  /// Whether the address can be bound although connections of an earlier socket still use it.
  ///
  /// For UDP it lets several sockets share an address outright. Before bind.
  ///
  /// C: `SO_REUSEADDR`.
  public static var reuseAddress: SocketOption<Bool, Scope> { SocketOption(.reuseAddress, .flag) }

  /// Whether several sockets of one user share the address, and the kernel spreads clients over
  /// them.
  ///
  /// Before bind, on all of them.
  ///
  /// C: `SO_REUSEPORT`.
  public static var reusePort: SocketOption<Bool, Scope> { SocketOption(.reusePort, .flag) }

  /// Whether an IPv6 socket leaves IPv4 alone.
  ///
  /// Before bind; only on an IPv6 socket.
  ///
  /// C: `IPV6_V6ONLY`.
  public static var v6Only: SocketOption<Bool, Scope> { SocketOption(.v6Only, .flag) }

  /// Whether the kernel notes when data arrived, in nanoseconds, for `recvmsg(2)` to tell.
  ///
  /// C: `SO_TIMESTAMPNS`.
  public static var timestamps: SocketOption<Bool, Scope> { SocketOption(.timestamps, .flag) }
}

extension SocketOption where Value == Bool, Scope == UDP {
  /// Whether datagrams may be sent to broadcast addresses.
  ///
  /// Without it the kernel refuses them with ``SocketError/Code-swift.struct/permissionDenied``: a send, and
  /// the connect to such an address, for which it has to be set in `configure`.
  ///
  /// C: `SO_BROADCAST`.
  public static var broadcast: SocketOption<Bool, Scope> { SocketOption(.broadcast, .flag) }
}

extension SocketOption where Value == Int, Scope: IPTransport {
  /// The type of service of outgoing packets, 0 to 255: the upper six bits are the DSCP (RFC 2474),
  /// the lower two ECN, which TCP keeps for itself.
  ///
  /// One option for both families. On an IPv6 socket it is the traffic class, and the IPv4 packets
  /// of one that takes both get it too.
  ///
  /// C: `IP_TOS`, `IPV6_TCLASS`.
  public static var typeOfService: SocketOption<Int, Scope> {
    SocketOption(v4: .typeOfService, v6: .trafficClass, .number(0...255))
  }

  /// How many routers an outgoing packet may pass, 1 to 255: time to live, or hop limit.
  ///
  /// For packets to one destination, not to a group. One option for both families, as
  /// ``typeOfService``. Before it is set, the kernel's default (`net.ipv4.ip_default_ttl`, 64)
  /// counts.
  ///
  /// C: `IP_TTL`, `IPV6_UNICAST_HOPS`.
  public static var hopLimit: SocketOption<Int, Scope> {
    SocketOption(v4: .timeToLive, v6: .hopLimit, .number(1...255))
  }

  /// The priority of outgoing packets in the queues of this machine, 0 to 6; higher ones go first.
  ///
  /// More than 6 needs `CAP_NET_ADMIN`. Setting ``typeOfService`` on an IPv4 socket changes it as
  /// well.
  ///
  /// C: `SO_PRIORITY`.
  public static var priority: SocketOption<Int, Scope> {
    SocketOption(.priority, .number(0...Int(Int32.max)))
  }

  /// The mark of outgoing packets, 0 to 4,294,967,295, for routing and the firewall; 0 is none.
  ///
  /// Setting it needs `CAP_NET_ADMIN` or `CAP_NET_RAW`.
  ///
  /// C: `SO_MARK`.
  public static var mark: SocketOption<Int, Scope> { SocketOption(.mark, .unsigned) }
}

extension SocketOption where Scope: IPTransport {
  /// Adds an option that has another name in each family.
  init(v4: OptionName, v6: OptionName, _ coding: OptionCoding<Value>) {
    self.init(
      read: { descriptor in
        coding.decode(try descriptor.integer(try descriptor.isIPv6(v6) ? v6 : v4))
      },
      write: { descriptor, value in
        let isIPv6 = try descriptor.isIPv6(v6)
        guard let encoded = coding.encode(value) else {
          throw descriptor.rejection(isIPv6 ? v6 : v4, coding.range, value)
        }
        if isIPv6 { try descriptor.setInteger(v6, encoded) }
        if try descriptor.sendsIPv4(isIPv6: isIPv6) { try descriptor.setInteger(v4, encoded) }
      }
    )
  }
}

extension SocketOption where Value == Int?, Scope: IPTransport {
  /// The processor that the socket's traffic is handled on; `nil` if there is none yet.
  ///
  /// Set on listeners that share a port, it makes the kernel prefer the one whose processor a
  /// client's packets arrive at; `nil` ends that.
  ///
  /// C: `SO_INCOMING_CPU`.
  public static var incomingCPU: SocketOption<Int?, Scope> {
    SocketOption(.incomingCPU, .optional(.number(0...Int(Int32.max)), none: -1))
  }
}

extension SocketOption where Value == Duration, Scope: IPTransport {
  /// How long a wait polls the network card before it sleeps, in whole microseconds, rounded up;
  /// zero, the default, for not at all.
  ///
  /// More than `net.core.busy_read` needs `CAP_NET_ADMIN`.
  ///
  /// C: `SO_BUSY_POLL`.
  public static var busyPoll: SocketOption<Duration, Scope> {
    SocketOption(.busyPoll, .time(.microseconds, 0...Int32.max))
  }
}

extension SocketOption where Value == String?, Scope: IPTransport {
  /// The network interface, by name, that all packets of the socket come in and go out through;
  /// `nil` for whichever.
  ///
  /// 1 to 15 bytes without NUL. Changing a choice that was made before needs `CAP_NET_RAW`. An
  /// interface that does not exist throws ``SocketError/Code-swift.struct/other`` with `ENODEV`.
  ///
  /// C: `SO_BINDTODEVICE`.
  public static var boundDevice: SocketOption<String?, Scope> {
    SocketOption(
      read: { descriptor in
        let name = try descriptor.text(.boundDevice)
        return name.isEmpty ? nil : name
      },
      write: { try $0.setText(.boundDevice, $1) }
    )
  }
}

extension SocketOption where Value == Timestamping, Scope: IPTransport {
  /// Which times the kernel notes, and for what, for `recvmsg(2)` to tell.
  ///
  /// C: `SO_TIMESTAMPING`.
  public static var timestamping: SocketOption<Timestamping, Scope> {
    SocketOption(
      .timestamping,
      OptionCoding(
        range: "the flags of the kernel",
        encode: { Int32(bitPattern: $0.rawValue) },
        decode: { Timestamping(rawValue: UInt32(bitPattern: $0)) }
      )
    )
  }
}

extension ReadOnlySocketOption where Value == Int, Scope: IPTransport {
  /// The largest packet that the path to the peer is known to carry, in bytes.
  ///
  /// Only on a connected socket; otherwise, and after a change of ``SocketOption/typeOfService``
  /// until something is sent, it throws ``SocketError/Code-swift.struct/notConnected``.
  ///
  /// C: `IP_MTU`, `IPV6_MTU`.
  public static var pathMTU: ReadOnlySocketOption<Int, Scope> {
    ReadOnlySocketOption { descriptor in
      Int(try descriptor.integer(try descriptor.isIPv6(.pathMTU) ? .pathMTU6 : .pathMTU))
    }
  }
}
