import SocketsTesting
import Testing

@testable import Sockets

/// What a snapshot of all sockets shows.
@Suite(.timeLimit(.minutes(1))) struct SnapshotTests {
  /// The entry of one socket; `nil` if the snapshot has none.
  private func entry(_ registration: Registration) async -> SocketSnapshot.Entry? {
    await Reactor.snapshot().sockets.first { $0.id == registration.identity?.id }
  }

  @Test func `a listener shows its queue, and who accepts`() async throws {
    try await withListener(backlog: 7) { listener, reactor in
      let clients = [
        try await TCPConnection.connect(to: listener.localAddress),
        try await TCPConnection.connect(to: listener.localAddress),
      ]
      let queued = try #require(await entry(listener.registration))
      #expect(queued.identity.kind == .tcpListener && queued.reactor == "listener")
      #expect(queued.acceptQueue == 2 && queued.backlog == 7)
      #expect(queued.reading == .none && queued.writing == .none && queued.tcpInfo == nil)
      for _ in clients { try await listener.accept().close() }
      async let first = outcome { try await listener.accept() }
      async let second = outcome { try await listener.accept() }
      try await reactor.waitUntilParked(readers: 2)
      let waiting = try #require(await entry(listener.registration))
      #expect(waiting.reading == .suspended && waiting.queuedReads == 1)
      #expect(waiting.acceptQueue == 0)
      listener.close()
      for outcome in [await first, await second] { #expect(outcome.code == .closed) }
      for client in clients { client.close() }
      #expect(await entry(listener.registration) == nil)
    }
  }

  @Test func `a connection shows its bytes, its queues and who waits`() async throws {
    try await withPair { pair in
      try pair.shrinkBuffers()
      let (reactor, near, far) = (pair.reactor, pair.near, pair.far)
      try await near.write(pattern(1_000))
      #expect(try await far.read(exactly: 400) == Array(pattern(1_000)[..<400]))
      let reader = try #require(await entry(far.registration))
      #expect(reader.bytesRead + (reader.receiveQueue ?? 0) == 1_000)
      #expect(reader.identity.origin == .accepted && reader.tcpInfo?.state == .established)
      #expect(reader.identity.remoteAddress as? SocketAddress == near.localAddress)
      #expect(reader.age > .zero)

      async let writing = outcome { try await near.write(pattern(10_000_000)) }
      try await reactor.waitUntilParked(writers: 1)
      async let queued = outcome { try await near.write("x") }
      async let reading = outcome { try await near.read(upTo: 1) }
      try await reactor.waitUntilParked(readers: 1, writers: 2)
      let writer = try #require(await entry(near.registration))
      #expect(writer.reading == .suspended && writer.writing == .suspended)
      #expect(writer.queuedWrites == 1 && writer.queuedReads == 0)
      #expect(writer.bytesWritten > 1_000 && (writer.sendQueue ?? 0) > 0)
      near.close()
      for outcome in [(await writing).code, (await queued).code, (await reading).code] {
        #expect(outcome == .closed)
      }
      #expect(await entry(near.registration) == nil)
      #expect(await entry(far.registration) != nil)
    }
  }

  @Test func `a connection that is still to be established is there`() async throws {
    let port = try await SilentPort(over: .loopback(port: 0))
    defer { port.close() }
    let reactor = try Reactor(name: "connecting")
    async let connecting = outcome {
      try await TCPConnection.connect(to: port.address, on: reactor)
    }
    try await reactor.waitUntilParked(writers: 1)
    let all = await Reactor.snapshot().sockets
    let entry = try #require(all.first { $0.reactor == "connecting" })
    #expect(entry.identity.origin == .connected && entry.tcpInfo?.state == .synSent)
    #expect(entry.identity.remoteAddress as? SocketAddress == port.address)
    #expect(entry.writing == .suspended)
    #expect(entry.description.contains("connect"))
    await reactor.stop()
    #expect(await connecting.code == .closed)
  }

  @Test func `datagram and Unix-domain sockets show what they have`() async throws {
    let reactor = try Reactor(name: "others")
    let receiver = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor) { socket, _ in
      try socket.set(.receiveBufferSize, to: 2_048)
    }
    let sender = try await UDPSocket.connect(to: receiver.localAddress, on: reactor)
    for _ in 0..<20 { try await sender.send(pattern(1_000)) }
    let udp = try #require(await entry(receiver.registration))
    #expect(udp.identity.kind == .udpSocket && (udp.droppedDatagrams ?? 0) > 0)
    #expect((udp.receiveQueue ?? 0) > 0 && udp.bytesRead == 0)
    let sent = try #require(await entry(sender.registration))
    #expect(sent.bytesWritten == 20_000)

    let (near, far) = try UnixConnection.pair(on: reactor)
    try await near.write(pattern(300))
    let unix = try #require(await entry(far.registration))
    #expect(unix.identity.kind == .unixConnection && unix.identity.origin == .pair)
    #expect(unix.receiveQueue == 300 && unix.tcpInfo == nil)
    let listener = try await UnixListener.bind(to: .unnamed, on: [reactor])
    let listening = try #require(await entry(listener.registration))
    #expect(listening.identity.kind == .unixListener && listening.acceptQueue == nil)
    let (one, other) = try UnixDatagramSocket.pair(on: reactor)
    try await one.send(pattern(50))
    #expect(await entry(other.registration)?.receiveQueue == 50)
    await reactor.stop()
    for registration in [near.registration, listener.registration, one.registration] {
      #expect(await entry(registration) == nil)
    }
  }

  @Test func `sockets come in the order in which they were opened, reactors as they were started`()
    async throws
  {
    let reactors = [try Reactor(name: "earlier"), try Reactor(name: "later")]
    var sockets: [UDPSocket] = []
    for index in 0..<40 {
      sockets.append(
        try await UDPSocket.bind(
          to: .loopback(port: 0),
          on: reactors[index.isMultiple(of: 3) ? 1 : 0]
        )
      )
    }
    // Their slots are given out again, the last one first.
    for index in stride(from: 0, to: 40, by: 4) { sockets[index].close() }
    for _ in 0..<10 {
      sockets.append(try await UDPSocket.bind(to: .loopback(port: 0), on: reactors[0]))
    }
    let snapshot = await Reactor.snapshot()
    let ids = snapshot.sockets.map(\.id)
    #expect(ids == ids.sorted() && Set(ids).count == ids.count)
    let ours = snapshot.sockets.filter { ["earlier", "later"].contains($0.reactor) }
    #expect(ours.count == 40)
    let names = snapshot.reactors.map(\.name).filter { ["earlier", "later"].contains($0) }
    #expect(names == ["earlier", "later"])
    for socket in sockets { socket.close() }
  }

  @Test func `a task on a reactor's thread can take one, and lets the others go on`() async throws {
    let reactor = try Reactor(name: "own-thread")
    let sockets = try (0..<200).map { _ in try UnixConnection.pair(on: reactor) }
    let turns = Counter()
    let isDone = Switch()
    await withTaskGroup(of: Void.self) { group in
      group.addTask(executorPreference: reactor) {
        while !isDone.isOn {
          turns.increment()
          await EventLoop.yield()
        }
      }
      group.addTask(executorPreference: reactor) {
        while turns.value == 0 { await Task.yield() }
        let before = turns.value
        let snapshot = await Reactor.snapshot()
        #expect(snapshot.sockets.count { $0.reactor == "own-thread" } == 400)
        // A part has 64 sockets, and somebody's turn comes after each.
        #expect(turns.value - before >= 6)
        isDone.isOn = true
      }
    }
    for (near, far) in sockets {
      near.close()
      far.close()
    }
  }

  @Test func `sockets may come and go meanwhile`() async throws {
    let reactor = try Reactor(name: "churn")
    let isDone = Switch()
    try await withThrowingTaskGroup { group in
      for _ in 0..<2 {
        group.addTask(executorPreference: reactor) {
          while !isDone.isOn {
            let pairs = try (0..<20).map { _ in try UnixConnection.pair(on: reactor) }
            for (near, far) in pairs {
              try await near.write("x")
              near.close()
              far.close()
            }
            await Task.yield()
          }
        }
      }
      for _ in 0..<20 {
        let snapshot = await Reactor.snapshot()
        for entry in snapshot.sockets where entry.reactor == "churn" {
          #expect(entry.identity.kind == .unixConnection && entry.bytesRead == 0)
          #expect(entry.bytesWritten <= 1)
        }
      }
      isDone.isOn = true
      try await group.waitForAll()
    }
  }

  @Test func `its description has a line for each socket and each reactor`() async throws {
    try await withPair { pair in
      async let reading = outcome { try await pair.near.read(upTo: 1) }
      try await pair.reactor.waitUntilParked(readers: 1)
      let snapshot = await Reactor.snapshot()
      let lines = snapshot.description.split(separator: "\n", omittingEmptySubsequences: false)
      // A summary, the reactors, an empty line, the titles, the sockets.
      #expect(lines.count == snapshot.sockets.count + snapshot.reactors.count + 3)
      let own = lines.filter { $0.contains("\(pair.near.localAddress)") }
      #expect(own.count == 2)
      pair.near.close()
      _ = await reading
    }
    let nothing = SocketSnapshot(reactors: [], sockets: [])
    #expect(!nothing.description.isEmpty)
  }

  @Test func `a table aligns its columns, and has no blanks at the ends of its lines`() {
    var table = TextTable(columns: [.right("N"), .left("NAME"), .right("SIZE"), .left("REST")])
    table.append(["1", "é", "100000", "x"])
    table.append(["100", "longer name", "", ""])
    table.append(["", "", "7", ""])
    #expect(
      table.description == """
          N  NAME           SIZE  REST
          1  é            100000  x
        100  longer name
                               7
        """
    )
  }

  @Test func `a table of slots is looked at in parts`() {
    var table = SlotTable<Int>()
    var index = 0
    #expect(table.elements(from: &index, upTo: 4) == nil)
    var tokens: [UInt64] = []
    for value in 0..<10 {
      _ = table.insert { token in
        tokens.append(token)
        return value
      }
    }
    for value in [1, 4, 5, 6, 7] { _ = table.remove(tokens[value]) }
    #expect(table.elements(from: &index, upTo: 4) == [0, 2, 3] && index == 4)
    #expect(table.elements(from: &index, upTo: 4) == [] && index == 8)
    #expect(table.elements(from: &index, upTo: 4) == [8, 9] && index == 10)
    #expect(table.elements(from: &index, upTo: 4) == nil && index == 10)
  }
}
