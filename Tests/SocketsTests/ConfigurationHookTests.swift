import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The hook on a new descriptor: every bind and every connect has it.
@Suite(.timeLimit(.minutes(1))) struct ConfigurationHookTests {
  private struct Refusal: Error {}

  /// What a hook has seen of a socket.
  private final class Sighting: Sendable {
    private let state = Lock<[(object: String?, hasName: Bool)]>([])

    /// The objects behind the descriptors that were lent.
    var objects: [String] { state.withLock { $0.compactMap(\.object) } }

    /// Whether none of them had a name yet.
    var wereUnnamed: Bool { state.withLock { $0.allSatisfy { !$0.hasName } } }

    func note(_ socket: borrowing some SocketHandle & ~Copyable) throws {
      try socket._lend { descriptor in
        let name = try descriptor.socket.localAddress()
        let port = name.socketAddress?.port ?? 0
        let hasName = port != 0 || name.unixAddress?.isUnnamed == false
        let object = DescriptorAudit.object(descriptor.socket.number)
        state.withLock { $0.append((object, hasName)) }
      }
    }
  }

  @Test func `UDP sockets are configured before they are bound and connected`() async throws {
    let bound = try await UDPSocket.bind(to: .loopback(port: 0)) { socket, address in
      #expect(address == .loopback(port: 0))
      try socket.set(.receiveBufferSize, to: 20_000)
      try socket.set(.broadcast, to: true)
    }
    defer { bound.close() }
    #expect(try bound.get(.receiveBufferSize) == 40_000 && bound.get(.broadcast))
    let connected = try await UDPSocket.connect(
      to: bound.localAddress,
      from: .loopback(port: 0),
      configure: { socket, address in
        #expect(address == bound.localAddress)
        try socket.set(.typeOfService, to: 0x20)
      }
    )
    defer { connected.close() }
    #expect(try connected.get(.typeOfService) == 0x20)
  }

  @Test func `Unix-domain sockets are configured before they are bound and connected`()
    async throws
  {
    let sighting = Sighting()
    let listener = try await UnixListener.bind(to: .unnamed) { socket, address in
      #expect(address == .unnamed)
      try sighting.note(socket)
      try socket.set(.sendBufferSize, to: 10_000)
    }
    #expect(try listener.get(.sendBufferSize) == 20_000)
    let connection = try await UnixConnection.connect(
      to: listener.localAddress,
      configure: { socket, address in
        #expect(address == listener.localAddress)
        try sighting.note(socket)
        try socket.set(.sendBufferSize, to: 11_000)
      }
    )
    #expect(try connection.get(.sendBufferSize) == 22_000)
    let packets = try await SeqPacketListener.bind(to: .unnamed) { socket, _ in
      try sighting.note(socket)
      try socket.set(.sendBufferSize, to: 12_000)
    }
    #expect(try packets.get(.sendBufferSize) == 24_000)
    let packetConnection = try await SeqPacketConnection.connect(
      to: packets.localAddress,
      configure: { socket, address in
        #expect(address == packets.localAddress)
        try sighting.note(socket)
        try socket.set(.sendBufferSize, to: 13_000)
      }
    )
    #expect(try packetConnection.get(.sendBufferSize) == 26_000)
    let datagrams = try await UnixDatagramSocket.bind(to: .unnamed) { socket, _ in
      try sighting.note(socket)
      try socket.set(.sendBufferSize, to: 14_000)
    }
    #expect(try datagrams.get(.sendBufferSize) == 28_000)
    let client = try await UnixDatagramSocket.connect(
      to: datagrams.localAddress,
      from: .unnamed,
      configure: { socket, address in
        #expect(address == datagrams.localAddress)
        try sighting.note(socket)
      }
    )
    #expect(client.localAddress.abstractName != nil)
    #expect(sighting.objects.count == 6 && sighting.wereUnnamed)
  }

  @Test func `the scoped connects still take their body as a trailing closure`() async throws {
    let listener = try await UnixListener.bind(to: .unnamed)
    let isClosed = try await UnixConnection.connect(to: listener.localAddress) { $0.isClosed }
    #expect(!isClosed)
    let packets = try await SeqPacketListener.bind(to: .unnamed)
    let connection = try await SeqPacketConnection.connect(to: packets.localAddress) { $0 }
    #expect(connection.isClosed)
  }

  @Test func `the scoped connects configure their sockets as the others do`() async throws {
    let listener = try await UnixListener.bind(to: .unnamed)
    let unix = try await UnixConnection.connect(
      to: listener.localAddress,
      configure: { socket, _ in try socket.set(.sendBufferSize, to: 11_000) }
    ) { try $0.get(.sendBufferSize) }
    #expect(unix == 22_000)
    let packets = try await SeqPacketListener.bind(to: .unnamed)
    let packet = try await SeqPacketConnection.connect(
      to: packets.localAddress,
      configure: { socket, _ in try socket.set(.sendBufferSize, to: 12_000) }
    ) { try $0.get(.sendBufferSize) }
    #expect(packet == 24_000)
    try await withListener { listener, reactor in
      let port = listener.localAddress.port
      let plain = try await TCPConnection.connect(
        to: listener.localAddress,
        isMultipath: false,
        on: reactor,
        configure: { socket, _ in try socket.set(.receiveBufferSize, to: 20_000) }
      ) { try $0.get(.receiveBufferSize) }
      let byName = try await TCPConnection.connect(
        to: "127.0.0.1",
        port: port,
        on: reactor,
        configure: { socket, _ in try socket.set(.receiveBufferSize, to: 20_000) }
      ) { try $0.get(.receiveBufferSize) }
      #expect(plain == 40_000 && byName == 40_000)
      await #expect(throws: Refusal.self) {
        try await TCPConnection.connect(
          to: Endpoint(host: "127.0.0.1", port: port),
          on: reactor,
          configure: { _, _ in throw Refusal() }
        ) { _ in Issue.record("connected in spite of the hook") }
      }
    }
  }

  @Test func `an error of the hook is the call's, and leaves neither descriptor nor file`()
    async throws
  {
    try await withDirectory { directory in
      let sighting = Sighting()
      func refuse<T>(_ socket: borrowing UnconnectedSocket<T>) throws {
        try sighting.note(socket)
        throw Refusal()
      }
      let path = try UnixAddress.path(directory + "/s")
      let live = try await UnixListener.bind(to: .unnamed)
      let packets = try await SeqPacketListener.bind(to: .unnamed)
      let datagrams = try await UnixDatagramSocket.bind(to: .unnamed)
      let calls: [() async throws -> Void] = [
        { _ = try await UDPSocket.bind(to: .loopback(port: 0)) { s, _ in try refuse(s) } },
        { _ = try await UDPSocket.connect(to: .loopback(port: 9)) { s, _ in try refuse(s) } },
        { _ = try await UnixListener.bind(to: path) { s, _ in try refuse(s) } },
        {
          _ = try await UnixListener.bind(to: path, existing: .replaceStale) { s, _ in
            try refuse(s)
          }
        },
        {
          _ = try await UnixConnection.connect(
            to: live.localAddress,
            configure: { s, _ in try refuse(s) }
          )
        },
        { _ = try await SeqPacketListener.bind(to: path) { s, _ in try refuse(s) } },
        {
          _ = try await SeqPacketConnection.connect(
            to: packets.localAddress,
            configure: { s, _ in try refuse(s) }
          )
        },
        { _ = try await UnixDatagramSocket.bind(to: path) { s, _ in try refuse(s) } },
        {
          _ = try await UnixDatagramSocket.connect(to: datagrams.localAddress, from: path) { s, _ in
            try refuse(s)
          }
        },
        {
          _ = try await TCPConnection.connect(
            to: "127.0.0.1",
            port: 9,
            configure: { s, _ in
              try sighting.note(s)
              throw Refusal()
            }
          )
        },
        {
          _ = try await TCPListener.bind(to: "127.0.0.1", port: 0) { s, _ in try refuse(s) }
        },
      ]
      for call in calls { await #expect(throws: Refusal.self) { try await call() } }
      #expect(sighting.objects.count == calls.count && sighting.wereUnnamed)
      #expect(try DescriptorAudit.openObjects().isDisjoint(with: sighting.objects))
      #expect(FileLook(directory + "/s") == nil)
    }
  }

  @Test func `by name, each attempt's socket is configured`() async throws {
    try await withListener { listener, reactor in
      // Nobody listens at the first; the second answers.
      let dead = SocketAddress(IPv4Address(127, 0, 0, 2), port: listener.localAddress.port)
      let seen = Lock<[SocketAddress]>([])
      let connection = try await TCPConnection.connect(
        to: Endpoint(host: "example.test", port: listener.localAddress.port),
        resolver: ScriptedResolver([dead, listener.localAddress]),
        on: reactor,
        configure: { socket, address in
          seen.withLock { $0.append(address) }
          try socket.set(.receiveBufferSize, to: 20_000)
        }
      )
      defer { connection.close() }
      #expect(seen.withLock { $0 } == [dead, listener.localAddress])
      #expect(try connection.get(.receiveBufferSize) == 40_000)
    }
  }

  @Test func `by name, an error of the hook ends the attempts`() async throws {
    try await withListener { listener, reactor in
      let dead = SocketAddress(IPv4Address(127, 0, 0, 2), port: listener.localAddress.port)
      let calls = Counter()
      await #expect(throws: Refusal.self) {
        try await TCPConnection.connect(
          to: Endpoint(host: "example.test", port: listener.localAddress.port),
          resolver: ScriptedResolver([dead, dead, listener.localAddress]),
          on: reactor,
          configure: { _, _ in
            calls.increment()
            throw Refusal()
          }
        )
      }
      #expect((1...3).contains(calls.value))
      await expectError(.timedOut) { try await listener.accept(deadline: .now) }
      #expect(reactor.statistics.registrations == 1)
    }
  }
}
