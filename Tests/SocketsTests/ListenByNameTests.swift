import Synchronization
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ListenByNameTests {
  let reactor: Reactor

  init() throws { reactor = try Reactor() }

  let both = ScriptedResolver([.loopbackIPv6(port: 0), .loopback(port: 0), .loopback(port: 0)])

  @Test func `all addresses of a name are listened on, with one port`() async throws {
    let listeners = try await TCPListener.bind(to: "me.example", port: 0, resolver: both)
    defer { for listener in listeners { listener.close() } }
    #expect(listeners.map(\.localAddress.ip) == [.v6(.loopback), .v4(.loopback)])
    #expect(Set(listeners.map(\.localAddress.port)).count == 1)
    #expect(listeners[0].localAddress.port != 0)

    // Accepting from all of them, as the documentation has it.
    let peers = try await withThrowingTaskGroup(of: SocketAddress?.self) { group in
      for listener in listeners {
        group.addTask {
          for try await connection in listener.connections { return connection.localAddress }
          return nil
        }
        group.addTask {
          try await TCPConnection.connect(to: listener.localAddress).close()
          return nil
        }
      }
      return try await group.reduce(into: Set()) { if let peer = $1 { $0.insert(peer) } }
    }
    #expect(peers == Set(listeners.map(\.localAddress)))
  }

  @Test func `if one address cannot be bound none is`() async throws {
    let foreign = try SocketAddress("192.0.2.1", port: 0)
    let error = await #expect(throws: SocketError.self) {
      try await TCPListener.bind(
        to: "me.example",
        port: 0,
        resolver: ScriptedResolver([.loopback(port: 0), .loopbackIPv6(port: 0), foreign]),
        on: [reactor]
      )
    }
    #expect(error?.code == .addressNotAvailable)
    #expect(error?.localAddress?.description.hasPrefix("192.0.2.1:") == true)
    #expect(reactor.statistics.registrations == 0)
  }

  @Test func `a port that is taken at one address is an error, unless it was the kernel's choice`()
    async throws
  {
    let taken = try await TCPListener.bind(to: .loopback(port: 0))
    defer { taken.close() }
    let port = taken.localAddress.port
    let error = await #expect(throws: SocketError.self) {
      try await TCPListener.bind(
        to: "me.example",
        port: port,
        resolver: ScriptedResolver([.loopbackIPv6(port: port), .loopback(port: port)]),
        on: [reactor]
      )
    }
    #expect(error?.code == .addressInUse)
    #expect(reactor.statistics.registrations == 0)

    let binds = Lock(0)
    var calls = SystemCalls()
    let real = unsafe calls.bind
    unsafe calls.bind = { number, address in
      let count = binds.withLock { binds in
        binds += 1
        return binds
      }
      return count == 2 || count == 4 ? -98 : unsafe real(number, address)
    }
    let scripted = try Reactor(kernel: Kernel(calls))
    let listeners = try await TCPListener.bind(
      to: "me.example",
      port: 0,
      resolver: both,
      on: [scripted]
    )
    // Two rounds in vain and one that succeeds; more if another test has the port at one address.
    #expect(binds.withLock { $0 } >= 6)
    #expect(binds.withLock { $0 }.isMultiple(of: 2))
    #expect(Set(listeners.map(\.localAddress.port)).count == 1)
    #expect(scripted.statistics.registrations == 2)
    for listener in listeners { listener.close() }
  }

  @Test func `when no port is left, that is said at once`() async throws {
    let binds = Counter()
    var calls = SystemCalls()
    unsafe calls.bind = { _, _ in
      binds.increment()
      return -98
    }
    let reactor = try Reactor(kernel: Kernel(calls))
    await expectError(.addressInUse) {
      try await TCPListener.bind(to: "me.example", port: 0, resolver: both, on: [reactor])
    }
    #expect(binds.value == 1)
  }

  @Test func `an address of a family that the machine has not got is left out`() async throws {
    // Switched off there are no addresses, not even ::1; a kernel without IPv6 makes no such socket.
    var switchedOff = SystemCalls()
    let bind = unsafe switchedOff.bind
    unsafe switchedOff.bind = {
      unsafe $1.loadUnaligned(as: UInt16.self) == 10 ? -99 : bind($0, $1)
    }
    var unknown = SystemCalls()
    let socket = unknown.socket
    unknown.socket = { $0 == 10 ? -97 : socket($0, $1, $2) }
    let machines: [(SystemCalls, SocketError.Code)] = [
      (switchedOff, .addressNotAvailable), (unknown, .notSupported),
    ]
    for (calls, code) in machines {
      let reactor = try Reactor(kernel: Kernel(calls))
      let listeners = try await TCPListener.bind(
        to: "me.example",
        port: 0,
        resolver: both,
        on: [reactor]
      )
      #expect(listeners.map(\.localAddress.ip) == [.v4(.loopback)])
      for listener in listeners { listener.close() }
      let error = await #expect(throws: SocketError.self) {
        try await TCPListener.bind(
          to: "me.example",
          port: 0,
          resolver: ScriptedResolver([.loopbackIPv6(port: 0)]),
          on: [reactor]
        )
      }
      #expect(error?.code == code)
      #expect(reactor.statistics.registrations == 0)
    }
  }

  @Test func `an address is listened on without a look-up`() async throws {
    let resolver = ScriptedResolver(failing: SocketError(.other, operation: .resolve))
    let listeners = try await TCPListener.bind(to: "::1", port: 0, resolver: resolver)
    #expect(listeners.map(\.localAddress.ip) == [.v6(.loopback)])
    listeners[0].close()
    let real = try await TCPListener.bind(to: "localhost", port: 0)
    for listener in real { #expect(listener.localAddress.ip.isLoopback) }
    for listener in real { listener.close() }
  }

  @Test func `an endpoint is listened on, with a service instead of a port too`() async throws {
    let endpoint = try Endpoint(parsing: "me.example:0")
    let listeners = try await TCPListener.bind(to: endpoint, resolver: both, on: [reactor])
    #expect(listeners.map(\.localAddress.ip) == [.v6(.loopback), .v4(.loopback)])
    #expect(Set(listeners.map(\.localAddress.port)).count == 1)
    for listener in listeners { listener.close() }
    let service = try Endpoint(parsing: "me.example:a-service")
    let named = try await TCPListener.bind(
      to: service,
      resolver: ScriptedResolver([listeners[1].localAddress]),
      on: [reactor]
    )
    #expect(named.map(\.localAddress) == [listeners[1].localAddress])
    for listener in named { listener.close() }
  }

  @Test func `what cannot be looked up is not listened on`() async throws {
    let notFound = SocketError(.nameNotFound, operation: .resolve)
    for resolver in [ScriptedResolver(failing: notFound), ScriptedResolver([])] {
      let error = await #expect(throws: SocketError.self) {
        try await TCPListener.bind(to: "nobody.example", port: 0, resolver: resolver)
      }
      #expect(error?.code == .nameNotFound)
    }
    let error = await #expect(throws: SocketError.self) {
      try await TCPListener.bind(to: "127.1", port: 0)
    }
    #expect(error?.code == .invalidAddress)
  }
}
