import Sockets
import SocketsTesting

/// The kinds of traffic in ``Soak``: each goes on until the time is over, and rests between its turns.
struct SoakTraffic {
  let run: Run

  /// Where an echo server listens.
  let address: SocketAddress

  private let short = Counter()
  private let bytes = Counter()
  private let cancelled = Counter()
  private let messages = Counter()
  private let passed = Counter()

  init(run: Run, address: SocketAddress) {
    self.run = run
    self.address = address
  }

  /// For people.
  var counts: String {
    "\(short.value) short ones, \(bytes.value >> 20) MiB echoed, \(cancelled.value) reads cancelled, "
      + "\(messages.value) datagrams, \(passed.value) descriptors passed"
  }

  /// Rests for so many milliseconds, more or less.
  private func rest(_ milliseconds: Int, _ random: inout SplitMix64) async throws {
    run.beat()
    try await Reactor.sleep(for: .microseconds(random.pick(1...2000 * milliseconds)))
  }

  /// Connects, talks and ends, in every way there is.
  func churn() async throws {
    var random = run.generator()
    while run.hasTime {
      let connection = try await TCPConnection.connect(to: address)
      let data = [UInt8](repeating: UInt8(random.pick(0...255)), count: random.pick(1...3000))
      try await connection.write(data)
      try expect(try await connection.read(exactly: data.count), data, "the echo")
      switch random.pick(0...3) {
      case 0:
        try await connection.finish()
        try expect(try await connection.read(upTo: 1), nil, "the end")
      case 1: connection.close()
      case 2: connection.reset()
      default: break  // the handle's end closes
      }
      short.add(1)
      try await rest(20, &random)
    }
  }

  /// Stays connected for some time, and says something now and then.
  func idle() async throws {
    var random = run.generator()
    while run.hasTime {
      let connection = try await TCPConnection.connect(to: address)
      for _ in 0..<random.pick(1...8) where run.hasTime {
        try await rest(1500, &random)
        try await connection.write([1])
        try expect(try await connection.read(exactly: 1), [1], "the echo")
      }
      connection.reset()  // so that no port stays in TIME_WAIT
    }
  }

  /// Sends megabytes through, both ways at once.
  func bulk() async throws {
    var random = run.generator()
    let data = [UInt8](repeating: 7, count: 1 << 20)
    while run.hasTime {
      let connection = try await TCPConnection.connect(to: address)
      async let sent: Void = connection.write(data)
      try expect(try await connection.read(exactly: data.count), data, "the echo")
      try await sent
      bytes.add(data.count)
      connection.reset()
      try await rest(150, &random)
    }
  }

  /// Ends its side, and then reads the rest.
  func halfClose() async throws {
    var random = run.generator()
    while run.hasTime {
      let connection = try await TCPConnection.connect(to: address)
      let count = random.pick(1...200_000)
      async let sent: Void = {
        try await connection.write([UInt8](repeating: 1, count: count))
        try await connection.finish()
      }()
      var received = 0
      while let piece = try await connection.read(upTo: 65_536) { received += piece.count }
      try await sent
      try expect(received, count, "bytes before the end")
      bytes.add(count)
      connection.reset()
      try await rest(100, &random)
    }
  }

  /// Cancels many reads at once, at any moment, and lets others run out of time.
  func cancelStorm() async throws {
    var random = run.generator()
    while run.hasTime {
      try await withThrowingTaskGroup { group in
        for index in 0..<32 {
          group.addTask {
            let connection = try await TCPConnection.connect(to: address)
            defer { connection.reset() }
            let deadline = index.isMultiple(of: 2) ? nil : ContinuousClock.now + .milliseconds(5)
            do {
              _ = try await connection.read(exactly: 100, deadline: deadline)
            } catch is CancellationError {
              cancelled.add(1)
            } catch let error as SocketError where error.code == .timedOut {
              cancelled.add(1)
            }
          }
        }
        await random.pause(upTo: .milliseconds(20))
        group.cancelAll()
        while let result = await group.nextResult() {
          do {
            try result.get()
          } catch is CancellationError {
            // Before it was connected.
          }
        }
      }
      try await rest(300, &random)
    }
  }

  /// Sends datagrams to and fro, singly and in batches.
  func datagrams() async throws {
    var random = run.generator()
    let server = try await UDPSocket.bind(to: .loopback(port: 0))
    defer { server.close() }
    let client = try await UDPSocket.connect(to: server.localAddress)
    defer { client.close() }
    var incoming = ReceiveBatch(capacity: 16)
    var outgoing = SendBatch(capacity: 16)
    while run.hasTime {
      for number in 0..<8 {
        let payload = [UInt8](repeating: UInt8(number), count: random.pick(0...1400))
        try await client.send(payload)
        let request = try await server.receive()
        try expect(request.payload, payload, "the datagram")
        try await server.send(request.payload, to: request.sender)
        try expect(try await client.receive().payload, payload, "the answer")
      }
      for number in 0..<8 {
        _ = outgoing.append([UInt8](repeating: UInt8(number), count: 100))
      }
      try await client.sendBatch(&outgoing)
      var received = 0
      while received < 8 {
        try await server.receiveBatch(into: &incoming)
        received += incoming.count
      }
      messages.add(24)
      try await rest(50, &random)
    }
  }

  /// Passes sockets to another one, with more than it asks for now and then.
  func descriptors() async throws {
    var random = run.generator()
    let (near, far) = try UnixConnection.pair()
    defer {
      near.close()
      far.close()
    }
    while run.hasTime {
      let count = random.pick(1...4)
      var batch = DescriptorBatch()
      for _ in 0..<count {
        let (one, other) = try UnixConnection.pair()
        batch.append(try one.detach())
        other.close()
      }
      try await near.write([1], passing: batch)
      var taken = DescriptorBatch()
      let limit = random.pick(0...4)
      _ = try await far.read(upTo: 8, descriptors: &taken, descriptorLimit: limit)
      try expect(taken.count, min(count, limit), "descriptors")
      passed.add(taken.count)
      try await rest(50, &random)
    }
  }
}
