import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// The article's rows on options and requests.
@Suite(.timeLimit(.minutes(1))) struct OptionMapTests {
  @Test func `options`() async throws {
    try await withPair { pair in
      let connection = pair.near
      // map: setsockopt
      try connection.set(.noDelay, to: false)
      // end
      #expect(try !connection.get(.noDelay))
      // map: getsockopt
      let info = try connection.get(.tcpInfo)
      // end
      #expect(info.state == .established)
      // map: SIO_KEEPALIVE_VALS
      try connection.set(.keepAlive, to: KeepAlive(idle: .seconds(30)))
      // end
      #expect(try connection.get(.keepAlive)?.idle == .seconds(30))
      // map: WSAGetIPUserMtu
      let mtu = try connection.get(.pathMTU)
      // end
      #expect(mtu > 1_000)
      // map: WSAGetQOSByName
      try connection.set(.typeOfService, to: 0xB8)
      // end
      #expect(try connection.get(.typeOfService) == 0xB8)
    }
  }

  @Test func `requests that have no name here`() async throws {
    try await withPair { pair in
      let connection = pair.near
      try await pair.far.write("hello")
      _ = try await firstReady(of: [connection.readable])
      var count: Int32 = 0
      // map: ioctl
      try connection.withUnsafeDescriptor { _ = unsafe ioctl($0, UInt(FIONREAD), &count) }
      // end
      #expect(count == 5)
    }
  }

  @Test func `what waits to be sent`() async throws {
    try await withPair { pair in
      let connection = pair.near
      // map: ioctl with SIOCOUTQ
      let waiting = try connection.get(.tcpInfo).bytesNotSent
      // end
      #expect(waiting == 0)
    }
  }

  @Test func `a stream passed on`() async throws {
    try await withPair { from in
      try await withPair { to in
        let (left, right) = (from.near, to.near)
        try await from.far.write("hello")
        try await from.far.finish()
        try await to.far.finish()
        // map: splice
        try await relay(left, right)
        // end
        #expect(try await to.far.readAll() == Array("hello".utf8))
        #expect(try await from.far.readAll() == [])
      }
    }
  }

  @Test func `the address that a packet would leave from`() async throws {
    let address = SocketAddress.loopback(port: 9)
    // map: WSAIoctl with SIO_ROUTING_INTERFACE_QUERY
    let source = try await UDPSocket.connect(to: address).localAddress.ip
    // end
    #expect(source == address.ip)
  }

  @Test func `a port for several`() async throws {
    let address = SocketAddress.loopback(port: 0)
    // map: SO_REUSEPORT
    let shards = try await TCPListener.bind(to: address, shardedOver: Reactor.sharedReactors())
    // end
    #expect(Set(shards.map(\.localAddress)).count == 1)
    for shard in shards { shard.close() }
  }
}
