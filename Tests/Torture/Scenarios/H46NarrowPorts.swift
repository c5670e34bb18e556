import Sockets

/// Hazards 46, 47 and 51: a machine with four ports to connect from, whose IPv6 sockets are for IPv6 only unless they
/// say otherwise, and which gives a connect up soon.
///
/// With so few ports a connect to one of them that nobody listens on meets itself every few times: the kernel calls
/// that a connection. And they run out.
enum NarrowPorts: Scenario {
  static let name = "H46"
  static let summary =
    "no connect meets itself, ports that run out are told, zones and families hold"
  static let size = Size.rounds(500, brief: 50)
  static let environment: String? = "Tests/Smoke/narrow-ports.sh"

  /// What the script lets the kernel choose from.
  private static let ports = UInt16(40_000)...40_003

  /// An interface that the script makes, with the address fe80::1.
  private static let zone = "v0"

  static func run(_ run: Run) async throws {
    let meetings = (0..<200).filter { _ in ports.contains { RawSocket.meetsItself($0) } }.count
    try expect(
      meetings > 0,
      "plain sockets meet themselves, use \(environment ?? "")",
      seen: "none"
    )
    while run.next() {
      for port in ports { try await expectRefusal(.loopback(port: port)) }
      try await exhaust()
    }
    try await outlast(run)
    try await keepZone()
    try await serveFamilies()
    run.note("of 200 rounds with plain sockets \(meetings) met themselves")
  }

  private static func expectRefusal(_ address: SocketAddress) async throws {
    do {
      let connection = try await TCPConnection.connect(to: address)
      throw Failure("connected \(connection.localAddress) to \(address), where nobody listens")
    } catch let error as SocketError {
      try expect(error.code, .connectionRefused, "\(error)")
    }
  }

  /// Takes all ports towards one server, and then all towards another: a port counts for each server by itself, also
  /// with a source address.
  private static func exhaust() async throws {
    for source in [nil, SocketAddress.loopback(port: 0)] {
      var held: [TCPConnection] = []
      var listeners: [TCPListener] = []
      defer {
        for connection in held { connection.reset() }
        for listener in listeners { listener.close() }
      }
      for port: UInt16 in [50_000, 50_001] {
        let listener = try await TCPListener.bind(to: .loopback(port: port))
        listeners.append(listener)
        for _ in ports {
          held.append(try await TCPConnection.connect(to: listener.localAddress, from: source))
        }
        let (open, start) = (ProcessFigures.descriptors.count, ContinuousClock.now)
        do {
          held.append(try await TCPConnection.connect(to: listener.localAddress, from: source))
          throw Failure("a connection more than there are ports")
        } catch let error as SocketError {
          try expect(error.code, .addressNotAvailable, "\(error)")
        }
        try expectPrompt(.now - start, "a connect without a port")
        try expect(ProcessFigures.descriptors.count, open, "descriptors after it")
      }
    }
  }

  /// Connects without a deadline to what never answers: it is the kernel that gives up.
  private static func outlast(_ run: Run) async throws {
    let full = try await TCPListener.bind(to: .loopback(port: 50_002), backlog: 0)
    let fillers = try await CancelledConnects.fill(full)
    defer {
      for filler in fillers { filler.reset() }
      full.close()
    }
    let start = ContinuousClock.now
    do {
      let connection = try await TCPConnection.connect(to: full.localAddress)
      throw Failure("connected to a full listener: \(connection.localAddress)")
    } catch let error as SocketError {
      try expect(error.code, .timedOut, "\(error)")
      try expect(error.errno != nil, "the kernel's own reason", seen: "\(error)")
    }
    run.note("the kernel gave up after \((ContinuousClock.now - start).text)")
  }

  /// Echoes over a link-local address, which is none without its zone.
  private static func keepZone() async throws {
    let address = try SocketAddress(parsing: "[fe80::1%\(zone)]:0")
    let listener = try await TCPListener.bind(to: address)
    defer { listener.close() }
    let (client, server) = try await pair(through: listener)
    try await client.write([7])
    try expect(try await server.read(upTo: 8), [7], "what came")
    for name in [listener.localAddress, client.remoteAddress, server.localAddress] {
      try expect("\(name)", "[fe80::1%\(zone)]:\(listener.localAddress.port)", "the name")
    }
    try expect(client.localAddress, server.remoteAddress, "the client's names")
    client.reset()
    server.reset()
    let socket = try await UDPSocket.bind(to: address)
    try await socket.send([8], to: socket.localAddress)
    let datagram = try await socket.receive()
    try expect(datagram.sender, socket.localAddress, "the sender of a datagram")
    try expect("\(datagram.sender)".contains("%\(zone)"), "a sender with its zone", seen: "none")
    socket.close()
    do {
      _ = try await TCPConnection.connect(to: try SocketAddress(parsing: "[fe80::1]:1"))
      throw Failure("connected to a link-local address without a zone")
    } catch let error as SocketError {
      try expect(error.code, .invalidArgument, "\(error)")
    }
  }

  private static func pair(
    through listener: TCPListener
  ) async throws -> (TCPConnection, TCPConnection) {
    let client = try await TCPConnection.connect(to: listener.localAddress)
    return (client, try await listener.accept())
  }

  /// The machine's configuration is for IPv6 alone; what a listener says of itself counts.
  private static func serveFamilies() async throws {
    for isDualStack in [true, false] {
      let listener = try await TCPListener.bind(to: .any(port: 50_003), isDualStack: isDualStack)
      defer { listener.close() }
      let client = try await TCPConnection.connect(to: .loopbackIPv6(port: 50_003))
      client.reset()
      if isDualStack {
        let client = try await TCPConnection.connect(to: .loopback(port: 50_003))
        client.reset()
      } else {
        try await expectRefusal(.loopback(port: 50_003))
      }
    }
  }
}
