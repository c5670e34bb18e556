extension DatagramSocket where Transport == UDP {
  /// Joins a multicast group: datagrams to it arrive at this socket, if they are sent to its port.
  ///
  /// The socket must be bound to a wildcard or to the group's own address. A join lasts until
  /// ``leave(_:from:interface:)`` or the close. A socket for both families can join groups of both. Sending
  /// to a group needs no join; how far it goes, and on which interface it leaves, are options:
  /// ``SocketOption/multicastHopLimit``, ``SocketOption/multicastInterface``,
  /// ``SocketOption/multicastLoopback``.
  ///
  /// The corresponding C function is `setsockopt(2)` with `MCAST_JOIN_GROUP`, or with
  /// `MCAST_JOIN_SOURCE_GROUP` if a source is given (RFC 3678).
  ///
  /// - Parameters:
  ///   - group: The group's address.
  ///   - source: The only sender to hear; `nil` for all. Join once for each of several sources.
  ///   - interface: The index of the interface to hear it on; 0 for that of the group's zone, or of the source's, and
  ///     without one lets the routing table choose.
  /// - Throws: ``SocketError`` with the group as remote address:
  ///   ``SocketError/Code-swift.struct/invalidArgument`` (not a multicast address, the source is of the
  ///   other family, or a zone is not that of the interface),
  ///   ``SocketError/Code-swift.struct/addressInUse`` (joined already; with a source it is
  ///   ``SocketError/Code-swift.struct/addressNotAvailable``),
  ///   ``SocketError/Code-swift.struct/noBufferSpace`` (more groups than the kernel is configured to
  ///   allow), ``SocketError/Code-swift.struct/other`` with `ENODEV` (no such interface, or no route to
  ///   the group), ``SocketError/Code-swift.struct/closed``.
  public func join(
    _ group: IPAddress,
    from source: IPAddress? = nil,
    interface: UInt32 = 0
  ) throws {
    try setMembership(true, group, source, interface)
  }

  /// Leaves a multicast group.
  ///
  /// The corresponding C function is `setsockopt(2)` with `MCAST_LEAVE_GROUP` or
  /// `MCAST_LEAVE_SOURCE_GROUP`.
  ///
  /// - Parameters:
  ///   - group: The group's address.
  ///   - source: The source with which it was joined.
  ///   - interface: The interface with which it was joined.
  /// - Throws: ``SocketError`` with the group as remote address:
  ///   ``SocketError/Code-swift.struct/addressNotAvailable`` (not joined),
  ///   ``SocketError/Code-swift.struct/closed``.
  public func leave(
    _ group: IPAddress,
    from source: IPAddress? = nil,
    interface: UInt32 = 0
  ) throws {
    try setMembership(false, group, source, interface)
  }

  private func setMembership(
    _ joins: Bool,
    _ group: IPAddress,
    _ source: IPAddress?,
    _ interface: UInt32
  ) throws {
    do throws(OperationFailure) {
      guard group.isMulticast, source.map({ $0.isSameFamily(as: group) }) ?? true else {
        throw .failed(.invalidArgument)
      }
      // The kernel does not look at the zones of these addresses.
      let zones = [group, source].compactMap { $0?.zone }
      let interface = interface == 0 ? zones.first ?? 0 : interface
      guard zones.allSatisfy({ $0 == interface }) else { throw .failed(.invalidArgument) }
      try port.registration.use { (socket) throws(Errno) in
        try socket.setMembership(joins, of: group, from: source, interface: interface)
      }
    } catch {
      throw port.error(error, .multicast, to: .ip(SocketAddress(group, port: localAddress.port)))
    }
  }
}

extension IPAddress {
  /// The zone of an IPv6 address that has one.
  fileprivate var zone: UInt32? {
    guard case .v6(let address) = self, address.zone != 0 else { return nil }
    return address.zone
  }

  fileprivate func isSameFamily(as other: IPAddress) -> Bool {
    SocketAddress(self, port: 0).isIPv6 == SocketAddress(other, port: 0).isIPv6
  }
}
