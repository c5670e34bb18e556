internal import Glibc
internal import Sockets

/// Who has which name: ports of hosts, and Unix-domain addresses.
struct NameTable {
  /// The sockets at each port; TCP and UDP apart.
  private var tcp: [UInt16: [SimulatedSocket]] = [:]
  private var udp: [UInt16: [SimulatedSocket]] = [:]

  /// The sockets with a Unix-domain name.
  private var unix: [UnixAddress: SimulatedSocket] = [:]

  /// The files that sockets have made, whether these still live or not, by path.
  private var files: [[UInt8]: UInt64] = [:]
  private var fileCount: UInt64 = 0
  private var abstractCount = 0

  /// The range of ports that the kernel chooses from.
  private static let ephemeral = UInt16(32_768)...UInt16(60_999)
  private var nextEphemeral = ephemeral.lowerBound

  /// The sockets at a port, in the order in which they were bound.
  func sockets(at port: UInt16, isStream: Bool) -> [SimulatedSocket] {
    (isStream ? tcp : udp)[port] ?? []
  }

  /// Gives a socket an address; a port of 0 is chosen here.
  ///
  /// - Returns: The address; `nil` if it is in use.
  mutating func bind(_ socket: SimulatedSocket, to address: SocketAddress) -> SocketAddress? {
    var address = address
    if address.port == 0 {
      guard let port = freePort(for: socket, at: address.ip) else { return nil }
      address.port = port
    } else if isInUse(address, for: socket) {
      return nil
    }
    if socket.isStream {
      tcp[address.port, default: []].append(socket)
    } else {
      udp[address.port, default: []].append(socket)
    }
    return address
  }

  private mutating func freePort(for socket: SimulatedSocket, at ip: IPAddress) -> UInt16? {
    for _ in Self.ephemeral {
      let port = nextEphemeral
      nextEphemeral = port == Self.ephemeral.upperBound ? Self.ephemeral.lowerBound : port + 1
      if !isInUse(SocketAddress(ip, port: port), for: socket) { return port }
    }
    return nil
  }

  private func isInUse(_ address: SocketAddress, for socket: SimulatedSocket) -> Bool {
    sockets(at: address.port, isStream: socket.isStream).contains { other in
      guard other.overlaps(socket, at: address.ip) else { return false }
      if socket.reusesPort, other.reusesPort { return false }
      let both = socket.reusesAddress && other.reusesAddress
      return !(both && (!socket.isStream || !other.isListening))
    }
  }

  /// Takes a socket's address away.
  mutating func release(_ socket: SimulatedSocket) {
    if let port = socket.boundAddress?.port {
      if socket.isStream {
        tcp[port]?.removeAll { $0 === socket }
        if tcp[port]?.isEmpty == true { tcp[port] = nil }
      } else {
        udp[port]?.removeAll { $0 === socket }
        if udp[port]?.isEmpty == true { udp[port] = nil }
      }
    }
    if let name = socket.unixName, unix[name] === socket { unix[name] = nil }
  }

  // Unix-domain names

  /// Gives a socket a name; an unnamed one gets an abstract name of five hexadecimal digits (`unix(7)`).
  ///
  /// - Returns: The name; `nil` if it is in use, by a file that nobody has removed as well.
  mutating func bind(_ socket: SimulatedSocket, to address: UnixAddress) -> UnixAddress? {
    var address = address
    if address.isUnnamed {
      abstractCount += 1
      let digits = String(abstractCount, radix: 16)
      let name = String(repeating: "0", count: 5 - min(5, digits.count)) + digits
      guard let chosen = try? UnixAddress.abstract(name) else { return nil }
      address = chosen
    }
    if let path = address.pathBytes {
      if files[path] != nil { return nil }
      fileCount += 1
      files[path] = fileCount
    } else if unix[address] != nil {
      return nil
    }
    unix[address] = socket
    return address
  }

  /// What has a name.
  func socket(at address: UnixAddress) -> SimulatedSocket? { unix[address] }

  /// The number of a path's file; `nil` if there is none.
  func file(at path: [UInt8]) -> UInt64? { files[path] }

  /// Removes a file: its socket lives on, and nobody finds it any more.
  mutating func unlink(_ path: [UInt8]) -> Int {
    guard files.removeValue(forKey: path) != nil else { return -Int(ENOENT) }
    if let address = try? UnixAddress.path(bytes: path) { unix[address] = nil }
    return 0
  }
}
