import Sockets

/// Hazard 54: Unix-domain datagrams to a receiver whose queue is full.
///
/// The kernel tells a connected sender when there is room. To an unconnected one it says EAGAIN, goes on
/// saying that the socket can be written, and each send that fails makes an edge by itself: a library that
/// waits for edges turns that into a loop. Here one sender of each kind waits, the processor is idle, and
/// both get through as soon as somebody receives.
enum FullQueue: Scenario {
  static let name = "H54"
  static let summary = "Unix-domain datagrams to a full queue: nobody spins, all get through"
  static let size = Size.seconds(4, brief: 1)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let near = try run.reactor(&random)
    let receiver = try await UnixDatagramSocket.bind(to: .unnamed)
    let address = receiver.localAddress
    let filler = try await UnixDatagramSocket.bind(to: .unnamed)
    let queued = try await fill(filler, address)
    let bound = try await UnixDatagramSocket.bind(to: .unnamed, on: near)
    let connected = try await UnixDatagramSocket.connect(to: address, from: .unnamed, on: near)
    let tasks = [
      Task(executorPreference: run.home(near, &random)) {
        try await bound.send([1], to: address)
        return ContinuousClock.now
      },
      Task(executorPreference: run.home(near, &random)) {
        try await connected.send([2])
        return ContinuousClock.now
      },
    ]
    let isParked = await eventually { Statistics.parked == tasks.count }
    try expect(isParked, "both senders are parked", seen: Statistics.text)

    // What the pauses double up to is reached by then.
    try await Task.sleep(for: .milliseconds(150))
    let (begin, cpu) = (ContinuousClock.now, ProcessFigures.processorTime)
    let returns = Statistics.epollReturns
    // Long enough for a share to mean something, however short the run.
    while run.hasTime || ContinuousClock.now - begin < .milliseconds(500) {
      try await Task.sleep(for: .milliseconds(50))
      run.beat()
    }
    let time = ContinuousClock.now - begin
    let share = (ProcessFigures.processorTime - cpu) / time * 100
    let woken = Double(Statistics.epollReturns - returns) / (time / .seconds(1))
    if !ProcessFigures.isSanitized {
      try expect(share < 2, "waiting takes less than 2 % of a processor", seen: "\(share) %")
    }
    // Twenty tries a second, each with an edge of its own.
    try expect(woken < 100, "the reactor sleeps between the tries", seen: "\(woken) wake-ups/s")

    let drained = ContinuousClock.now
    for number in 0..<queued {
      try expect(try await receiver.receive().payload, [UInt8(number)], "what was queued")
    }
    var last: Set<UnixAddress> = []
    for _ in tasks { last.insert(try await receiver.receive().sender) }
    try expect(last, [bound.localAddress, connected.localAddress], "the senders that waited")
    var slowest = Duration.zero
    for task in tasks { slowest = max(slowest, try await task.value - drained) }
    try expectPrompt(slowest, "sending once there is room")
    for socket in [receiver, filler, bound, connected] { socket.close() }
    run.note("\(decimal(share, digits: 2)) % while waiting, through after \(slowest.text)")
  }

  /// Sends until there is no room.
  private static func fill(_ socket: UnixDatagramSocket, _ address: UnixAddress) async throws -> Int
  {
    for number in UInt8.min...UInt8.max {
      do {
        try await socket.send([number], to: address, deadline: .now)
      } catch let error as SocketError where error.code == .timedOut {
        return Int(number)
      }
    }
    throw Failure("a queue that fills up", expected: "before 256 datagrams", seen: "more")
  }
}
