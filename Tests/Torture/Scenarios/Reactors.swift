import Sockets
import SocketsTesting

/// Reactors that come and go: each is stopped, or just dropped, while connections are made on it and
/// bytes go back and forth.
///
/// A reactor that stops between the steps of a registration leaves a socket that nobody wakes, or
/// closes its descriptor twice: the second close hits a stranger. One that is dropped must end its
/// thread and its two descriptors.
enum Reactors: Scenario {
  static let name = "reactors"
  static let summary = "reactors are stopped and dropped in the middle of traffic"
  static let size = Size.rounds(2_000, brief: 150)
  static let threads = 16

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let listener = try await TCPListener.bind(to: run.loopback())
    let trips = Counter()
    let closed = Counter()
    let isOver = Counter()
    let strangers = run.generator()
    async let opened = onThread { Result { try openAndClose(until: isOver, strangers) } }

    do {
      try await withThrowingTaskGroup { group in
        group.addTask { try await serve(listener) }
        while run.next() {
          let reactor = try Reactor(name: "short-lived")
          let stops = random.oneIn(2)
          try await withThrowingTaskGroup { clients in
            for _ in 0..<4 {
              clients.addTask(executorPreference: run.home(reactor, &random)) {
                do {
                  while true {
                    try await roundTrip(to: listener, on: reactor)
                    trips.add(1)
                    if !stops { return }
                  }
                } catch let error as SocketError where stops && error.code == .closed {
                  closed.add(1)
                }
              }
            }
            if stops {
              await random.pause(upTo: .microseconds(300))
              await reactor.stop()
              try expect(reactor.statistics.registrations, 0, "registrations after the stop")
            }
            try await clients.waitForAll()
          }
          try expect(reactor.statistics.registrations, 0, "registrations at the end")
        }
        listener.close()
        try await group.waitForAll()
      }
    } catch {
      isOver.set(1)
      throw error
    }
    isOver.set(1)
    let count = try await opened.get()
    run.note("\(trips.value) round trips, \(closed.value) ended by a stop, \(count) strangers")
  }

  private static func roundTrip(to listener: TCPListener, on reactor: Reactor) async throws {
    let connection = try await TCPConnection.connect(to: listener.localAddress, on: reactor)
    for _ in 0..<3 {
      try await connection.write("hello")
      try expect(try await connection.read(exactly: 5)?.count, 5, "the bytes that come back")
    }
    connection.close()
  }

  private static func serve(_ listener: TCPListener) async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for try await connection in listener.connections {
        group.addTask {
          do {
            for try await chunk in connection.chunks { try await connection.write(chunk) }
          } catch let error as SocketError {
            let codes: [SocketError.Code] = [.connectionReset, .brokenPipe]
            try expect(codes.contains(error.code), "how a client may end", seen: "\(error)")
          }
        }
      }
    }
  }

  /// Opens and closes sockets that a second close of the same number would hit.
  ///
  /// - Returns: How many.
  private static func openAndClose(until isOver: Counter, _ generator: SplitMix64) throws -> Int {
    var random = generator
    var count = 0
    while isOver.value == 0 {
      let (near, far) = try RawSocket.pair()
      RawSocket.poke(near)
      RawSocket.poke(far)
      spin(for: .nanoseconds(random.pick(0...20_000)))
      let received = [RawSocket.drain(near), RawSocket.drain(far)]
      RawSocket.close(near, far)
      try expect(received, [1, 1], "bytes in a strange pair of sockets")
      count += 1
    }
    return count
  }
}
