import Glibc
import SocketsTesting
import Testing

@testable import Sockets

@Suite(.timeLimit(.minutes(1))) struct ShardTests {
  @Test(arguments: Family.allCases)
  func `all shards have one port, and all get clients, on their own reactor`(
    family: Family
  )
    async throws
  {
    let reactors = try (0..<4).map { try Reactor(name: "shard-\($0)") }
    let shards = try await TCPListener.bind(to: family.loopback, shardedOver: reactors)
    let address = shards[0].localAddress
    #expect(shards.count == 4 && address.port != 0)
    for (shard, reactor) in zip(shards, reactors) {
      #expect(shard.localAddress == address)
      #expect(shard.reactor === reactor)
      #expect(try shard.get(.reusePort))
    }
    let counts = (0..<4).map { _ in Counter() }
    try await withThrowingDiscardingTaskGroup { group in
      for (shard, count) in zip(shards, counts) {
        group.addTask {
          for try await connection in shard.connections {
            #expect(connection.reactor === shard.reactor)
            count.increment()
            connection.close()
          }
        }
      }
      // One of four has none of 200 clients once in 10^24.
      for _ in 0..<200 { try await TCPConnection.connect(to: address).close() }
      try await waitUntil { counts.reduce(0) { $0 + $1.value } == 200 }
      for shard in shards { shard.close() }
    }
    for count in counts { #expect(count.value > 0) }
  }

  @Test func `all or none`() async throws {
    try await withListener { listener, reactor in
      // Without SO_REUSEPORT, it does not share its port.
      let error = await expectError(.addressInUse) {
        try await TCPListener.bind(to: listener.localAddress, shardedOver: [reactor, reactor])
      }
      #expect(error?.operation == .bind)
      #expect(reactor.statistics.registrations == 1)
    }
    struct Refusal: Error {}
    let reactor = try Reactor()
    let calls = Counter()
    await #expect(throws: Refusal.self) {
      try await TCPListener.bind(
        to: .loopback(port: 0),
        shardedOver: [reactor, reactor, reactor],
        configure: { _, _ in if calls.increment() == 3 { throw Refusal() } }
      )
    }
    #expect(calls.value == 3)
    #expect(reactor.statistics.registrations == 0)
  }

  @Test func `drained together, the shards serve all who are queued`() async throws {
    let reactors = [try Reactor(), try Reactor()]
    let shards = try await TCPListener.bind(to: .loopback(port: 0), shardedOver: reactors)
    let address = shards[0].localAddress
    var clients: [TCPConnection] = []
    for _ in 0..<40 { clients.append(try await .connect(to: address)) }
    shards.drain(grace: .seconds(600))
    #expect(try await shards.serve { try await $0.write("x") }.completed == 40)
    for client in clients { #expect(try await client.readAll() == Array("x".utf8)) }
    await expectError(.connectionRefused) { try await TCPConnection.connect(to: address) }
  }

  /// Takes a second, after which the kernel tries again for those whose first attempt has come to the shard
  /// that drains.
  @Test func `while one shard drains, its clients come to the others`() async throws {
    let reactors = [try Reactor(), try Reactor()]
    let shards = try await TCPListener.bind(to: .loopback(port: 0), shardedOver: reactors)
    let address = shards[0].localAddress
    shards[0].drain(grace: .seconds(600))
    let accepted = Counter()
    try await withThrowingDiscardingTaskGroup { group in
      group.addTask {
        for try await connection in shards[1].connections {
          try await connection.write("x")
          connection.close()
          if accepted.increment() == 32 { shards[1].close() }
        }
      }
      for _ in 0..<32 {
        group.addTask {
          let client = try await TCPConnection.connect(to: address)
          #expect(try await client.readAll() == Array("x".utf8))
        }
      }
      try await waitUntil { accepted.value > 4 }
      #expect(try await shards[0].serve { _ in }.accepted == 0)
    }
    #expect(accepted.value == 32)
  }

  @Test func `handed over together, the shards leave all who are queued to their successors`()
    async throws
  {
    let reactors = [try Reactor(), try Reactor()]
    let old = try await TCPListener.bind(to: .loopback(port: 0), shardedOver: reactors)
    var new: [TCPListener] = []
    for shard in old {
      let copy = try OwnedDescriptor(duplicating: shard)
      new.append(try TCPListener(adopting: copy, on: [shard.reactor]))
    }
    var clients: [TCPConnection] = []
    for _ in 0..<40 { clients.append(try await .connect(to: old[0].localAddress)) }
    old.handOver(grace: .zero)
    #expect(try await old.serve { _ in }.accepted == 0)
    new.drain(grace: .seconds(600))
    #expect(try await new.serve { try await $0.write("x") }.completed == 40)
    for client in clients { #expect(try await client.readAll() == Array("x".utf8)) }
  }
}
