import Glibc
import SocketsTesting
import Testing

@testable import Sockets

/// What observers are told, and when.
@Suite(.timeLimit(.minutes(1))) struct ObserverTests {
  @Test func `a server's sockets are told of, with their addresses and origins`() async throws {
    try await withEventLog { log in
      try await withListener { listener, reactor in
        let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
        let server = try await listener.accept()
        let socket = try #require(log.openings(of: listener.registration).first)
        #expect(socket.kind == .tcpListener && socket.origin == .bound)
        #expect(socket.localAddress as? SocketAddress == listener.localAddress)
        #expect(socket.remoteAddress == nil)
        let connected = try #require(log.openings(of: client.registration).first)
        #expect(connected.kind == .tcpConnection && connected.origin == .connected)
        #expect(connected.localAddress as? SocketAddress == client.localAddress)
        #expect(connected.remoteAddress as? SocketAddress == listener.localAddress)
        let accepted = try #require(log.openings(of: server.registration).first)
        #expect(accepted.kind == .tcpConnection && accepted.origin == .accepted)
        #expect(accepted.localAddress as? SocketAddress == listener.localAddress)
        #expect(accepted.remoteAddress as? SocketAddress == client.localAddress)
        #expect(Set([socket.id, connected.id, accepted.id]).count == 3)
        listener.close()
        client.close()
        #expect(log.closings(of: listener.registration).map(\.reason) == [.closed])
        #expect(log.closings(of: client.registration).map(\.reason) == [.closed])
        #expect(log.closings(of: server.registration) == [])
      }
    }
  }

  @Test func `a close tells how many bytes went each way, once`() async throws {
    try await withEventLog { log in
      try await withPair { pair in
        try await pair.near.write(pattern(100_000))
        _ = try await pair.far.read(exactly: 100_000)
        try await pair.far.write("12345\n")
        for try await line in pair.near.lines() {
          #expect(line == "12345")
          break
        }
        pair.far.close()
        pair.near.close()
        pair.near.close()
        let far = try #require(log.closings(of: pair.far.registration).first)
        #expect(far.bytesRead == 100_000 && far.bytesWritten == 6 && far.reason == .closed)
        #expect(far.age >= .zero)
        let near = log.closings(of: pair.near.registration)
        #expect(near.map(\.bytesRead) == [6] && near.map(\.bytesWritten) == [100_000])
      }
    }
  }

  @Test func `what the peer did first is the reason, read or only heard of`() async throws {
    try await withEventLog { log in
      try await withPair { pair in
        try await pair.far.finish()
        #expect(try await pair.near.read(upTo: 1) == nil)
        pair.near.reset()
        #expect(log.closings(of: pair.near.registration).map(\.reason) == [.peerFinished])
        pair.far.close()
      }
      try await withPair { pair in
        pair.far.close()
        try await waitUntil { pair.near.registration.ends.contains(.incoming) }
        pair.near.close()
        #expect(log.closings(of: pair.near.registration).map(\.reason) == [.peerFinished])
      }
      try await withPair { pair in
        pair.far.reset()
        await expectError(.connectionReset) { try await pair.near.read(upTo: 1) }
        pair.near.close()
        let reasons = log.closings(of: pair.near.registration).map(\.reason)
        #expect(reasons == [.failed(.connectionReset)])
        #expect(log.closings(of: pair.far.registration).map(\.reason) == [.aborted])
      }
      try await withPair { pair in
        pair.far.reset()
        try await waitUntil { pair.near.registration.ends.contains(.connection) }
        pair.near.close()
        let reasons = log.closings(of: pair.near.registration).map(\.reason)
        #expect(reasons == [.failed(.connectionReset)])
      }
    }
  }

  @Test func `how the program lets go of a socket is the reason`() async throws {
    try await withEventLog { log in
      let reactor = try Reactor(name: "letting-go")
      var dropped: UnixConnection?
      let (near, far) = try UnixConnection.pair(on: reactor)
      dropped = near
      let registration = try #require(dropped?.registration)
      dropped = nil
      _ = consume near
      #expect(log.closings(of: registration).map(\.reason) == [.dropped])
      far.close()
      try await withPair { pair in
        _ = try pair.near.detach()
        #expect(log.closings(of: pair.near.registration).map(\.reason) == [.detached])
      }
      let listener = try await TCPListener.bind(to: .loopback(port: 0), on: [reactor])
      let socket = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
      listener.handOver(grace: .zero)
      #expect(log.closings(of: listener.registration).map(\.reason) == [.detached])
      await reactor.stop()
      #expect(log.closings(of: socket.registration).map(\.reason) == [.reactorStopped])
    }
  }

  @Test func `a served connection is closed with its handler, cancelled or not`() async throws {
    try await withEventLog { log in
      try await withListener { listener, reactor in
        let registrations = Lock<[Registration]>([])
        let client = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
        let other = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
        async let report = listener.serve { connection in
          registrations.withLock { $0.append(connection.registration) }
          if try await connection.read(upTo: 1) == [1] { return }
          _ = try await connection.read(upTo: 1)
        }
        try await client.write([1])
        try await other.write([2])
        #expect(try await client.read(upTo: 1) == nil)
        listener.drain(grace: .zero)
        _ = try await report
        let reasons = registrations.withLock { $0 }.flatMap { log.closings(of: $0) }.map(\.reason)
        #expect(Set(reasons) == [.closed, .cancelled] && reasons.count == 2)
        client.close()
        other.close()
      }
    }
  }

  @Test func `a datagram socket counts payload, batches included`() async throws {
    try await withEventLog { log in
      let reactor = try Reactor(name: "datagrams")
      let receiver = try await UDPSocket.bind(to: .loopback(port: 0), on: reactor)
      let sender = try await UDPSocket.connect(to: receiver.localAddress, on: reactor)
      try await sender.send(pattern(1_000))
      #expect(try await receiver.receive(upTo: 2_000).payload.count == 1_000)
      var batch = SendBatch()
      for size in [300, 200] {
        let hasRoom = batch.append(pattern(size))
        #expect(hasRoom)
      }
      try await sender.sendBatch(&batch)
      var received = ReceiveBatch()
      var bytes = 0
      while bytes < 500 {
        try await receiver.receiveBatch(into: &received)
        bytes += received.indices.reduce(0) { $0 + received[$1].length }
      }
      sender.close()
      receiver.close()
      #expect(log.openings(of: receiver.registration).map(\.origin) == [.bound])
      #expect(log.openings(of: sender.registration).map(\.origin) == [.connected])
      #expect(log.closings(of: sender.registration).map(\.bytesWritten) == [1_500])
      #expect(log.closings(of: receiver.registration).map(\.bytesRead) == [1_500])
    }
  }

  @Test func `Unix-domain sockets of every kind are told of`() async throws {
    try await withEventLog { log in
      try await withUnixReceiver { receiver, reactor in
        let sender = try await UnixDatagramSocket.connect(to: receiver.localAddress, on: reactor)
        try await sender.send(pattern(5))
        #expect(try await receiver.receive().payload.count == 5)
        receiver.close()
        #expect(log.openings(of: receiver.registration).map(\.kind) == [.unixDatagramSocket])
        #expect(log.closings(of: receiver.registration).map(\.bytesRead) == [5])
      }
      let listener = try await SeqPacketListener.bind(to: .unnamed)
      let near = try await SeqPacketConnection.connect(to: listener.localAddress)
      let far = try await listener.accept()
      try await near.send(pattern(3))
      #expect(try await far.receive(upTo: 10)?.payload.count == 3)
      far.close()
      near.close()
      listener.close()
      #expect(log.openings(of: listener.registration).map(\.kind) == [.seqPacketListener])
      let opened = log.openings(of: far.stream.registration).first
      #expect(opened?.kind == .seqPacketConnection && opened?.origin == .accepted)
      #expect(log.closings(of: far.stream.registration).map(\.bytesRead) == [3])
      #expect(log.closings(of: near.stream.registration).map(\.bytesWritten) == [3])
      try await withUnixPair { pair in
        let adopted = try UnixConnection(adopting: try pair.near.detach())
        #expect(log.openings(of: pair.near.registration).map(\.origin) == [.pair])
        #expect(log.openings(of: adopted.registration).map(\.origin) == [.adopted])
        adopted.close()
      }
    }
  }

  @Test func `a listener without descriptors says that it pauses`() async throws {
    let script = Script(errors: EMFILE, EMFILE, ENFILE)
    var calls = SystemCalls()
    let real = calls
    unsafe calls.accept = { unsafe script.next() ?? real.accept($0, $1, &$2, $3) }
    try await withEventLog { log in
      try await withListener(kernel: Kernel(calls)) { listener, _ in
        async let client = TCPConnection.connect(to: listener.localAddress)
        try await listener.accept().close()
        try await client.close()
        let pauses = log.pauses(of: listener.registration)
        #expect(pauses.map(\.reason) == [.tooManyOpenFiles, .tooManyOpenFiles])
        #expect(pauses.allSatisfy { $0.duration > .zero })
      }
    }
  }

  @Test func `a connect that fails is no socket`() async throws {
    try await withEventLog { log in
      let before = SocketIdentity(.tcpConnection, .connected, local: .memory).id
      let listener = try await TCPListener.bind(to: .loopback(port: 0))
      listener.close()
      let reactor = try Reactor(name: "refused")
      await expectError(.connectionRefused) {
        try await TCPConnection.connect(to: listener.localAddress, on: reactor)
      }
      #expect(log.openedNumbers(above: before, to: listener.localAddress) == [])
    }
  }

  @Test func `an observer is told as long as it is there, and once`() async throws {
    let log = EventLog()
    try Reactor.addObserver(log)
    try Reactor.addObserver(log)
    let first = try await UDPSocket.bind(to: .loopback(port: 0))
    #expect(log.openings(of: first.registration).count == 1)
    Reactor.removeObserver(log)
    Reactor.removeObserver(log)
    let second = try await UDPSocket.bind(to: .loopback(port: 0))
    first.close()
    second.close()
    #expect(log.events(of: first.registration).count == 1)
    #expect(log.events(of: second.registration).isEmpty)
    let late = EventLog()
    let third = try await UDPSocket.bind(to: .loopback(port: 0))
    try Reactor.addObserver(late)
    third.close()
    Reactor.removeObserver(late)
    #expect(late.openings(of: third.registration).isEmpty)
    #expect(late.closings(of: third.registration).count == 1)
  }

  @Test func `a socket that its reactor closed before anybody had it is opened, then closed`()
    async throws
  {
    try await withEventLog { log in
      let reactor = try Reactor(name: "early")
      let (near, far) = try reactor.loop.registerPair(.stream)
      reactor.loop.stop()
      #expect(log.events(of: near).isEmpty)
      near.announce()
      #expect(log.openings(of: near).count == 1)
      #expect(log.closings(of: near).map(\.reason) == [.reactorStopped])
      #expect(log.events(of: far).isEmpty)
    }
  }

  @Test func `events read as one line`() {
    let socket = SocketIdentity(
      .tcpConnection,
      .accepted,
      local: .ip(.loopback(port: 1)),
      remote: .ip(.loopback(port: 2))
    )
    let events: [SocketEvent] = [
      .opened(socket),
      .closed(
        socket,
        .init(reason: .failed(.connectionReset), bytesRead: 1, bytesWritten: 2, age: .seconds(3))
      ),
      .acceptPaused(socket, .init(reason: .tooManyOpenFiles, duration: .milliseconds(10))),
      .stalled(.init(reactor: "reactor-0", duration: .milliseconds(70), isOver: false)),
    ]
    for event in events { #expect(!event.description.isEmpty && !"\(event)".contains("\n")) }
  }
}

extension EventLog {
  /// The numbers of connections to an address that were opened, above one.
  fileprivate func openedNumbers(above number: UInt64, to address: SocketAddress) -> [UInt64] {
    all.compactMap { event in
      guard case .opened(let socket) = event, socket.id > number,
        socket.remoteAddress as? SocketAddress == address
      else { return nil }
      return socket.id
    }
  }
}
