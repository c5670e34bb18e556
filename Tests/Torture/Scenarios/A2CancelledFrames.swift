import Sockets
import SocketsTesting

/// A2 once more, with all that is read in pieces: lines, frames, delimiters, integers, looks and skips in any
/// mixture, over a TCP connection, a Unix-domain connection and a pipe in memory; cancelled or out of time
/// at random moments.
///
/// A library whose readers keep bytes of their own loses them when a read of another kind follows; one
/// whose decoders remember where they were reads on in the wrong place. Here each read that was cut short
/// is begun anew and finds its value whole.
enum CancelledFrames: Scenario {
  static let name = "A2F"
  static let summary = "cancelled reads of lines, frames and the like keep what they had"
  static let size = Size.rounds(10_000, brief: 600)

  static func run(_ run: Run) async throws {
    var random = run.generator()
    let tcp = try await run.pair(&random)
    let unix = try UnixConnection.pair(on: run.reactor(&random))
    let pipe = try MemoryPipe.pair(capacity: random.pick(1...5000), on: run.reactor(&random))
    try await withThrowingTaskGroup { group in
      group.addTask { try await storm(run, tcp.0, tcp.1, tcp.1.reactor) }
      group.addTask { try await storm(run, unix.0, unix.1, unix.1.reactor) }
      group.addTask { try await storm(run, pipe.0, pipe.1, pipe.1.reactor) }
      try await group.waitForAll()
    }
  }

  private static func storm<Stream: ByteStream>(
    _ run: Run,
    _ writing: Stream,
    _ reading: Stream,
    _ reactor: Reactor
  ) async throws {
    var random = run.generator()
    let items = Items(random.split())
    var expected = items
    let isOver = Counter()
    let latencies = Latencies()
    async let sent = write(items, to: writing, until: isOver, run.generator())

    var (cancelled, received) = (0, 0)
    var item: Item?
    while run.begun.value < run.rounds, run.hasTime {
      run.beat()
      let current = item ?? expected.next()
      item = current
      let home = run.home(reactor, &random)
      let isTimed = random.oneIn(3)
      let deadline = ContinuousClock.now + .microseconds(random.pick(-10...200))
      let task = Task(executorPreference: home) {
        try await current.read(from: reading, deadline: isTimed ? deadline : nil)
      }
      await random.pause()
      let now = ContinuousClock.now
      if !isTimed { task.cancel() }
      do {
        let value = try await task.value
        try expect(value, current.value, "item \(received), \(current.kind)")
        received += 1
        item = nil
      } catch let error where error is CancellationError || error.isTimeout {
        latencies.add(.now - max(now, deadline))
        cancelled += 1
        run.begun.add(1)
      }
    }
    isOver.set(1)
    while true {
      run.beat()
      let current = item ?? expected.next()
      item = nil
      guard let value = try await current.read(from: reading, deadline: nil) else { break }
      try expect(value, current.value, "item \(received), \(current.kind), not cancelled")
      received += 1
    }
    try expect(received, try await sent, "items")
    try expect(try await reading.read(upTo: 1), nil, "the end behind the last item")
    try expectPrompt(latencies.worst, "a read that was cut short")
    writing.close()
    reading.close()
    run.note("\(cancelled) cut short, \(received) items, \(latencies.text)")
  }

  /// Writes items in pieces and with pauses, and ends the stream behind a whole one.
  ///
  /// - Returns: How many items it wrote.
  private static func write<Stream: ByteStream>(
    _ items: Items,
    to stream: Stream,
    until isOver: Counter,
    _ generator: SplitMix64
  ) async throws -> Int {
    var (items, random, count) = (items, generator, 0)
    while isOver.value == 0 {
      var bytes: [UInt8] = []
      for _ in 0..<random.pick(1...4) {
        bytes += try items.next().wire
        count += 1
      }
      while !bytes.isEmpty {
        let piece = bytes.prefix(random.pick(1...2000))
        try await stream.write(piece)
        bytes.removeFirst(piece.count)
        await random.pause()
      }
    }
    try await stream.finish()
    return count
  }
}

extension Error {
  /// Whether a deadline has passed.
  fileprivate var isTimeout: Bool { (self as? SocketError)?.code == .timedOut }
}

/// Something to be read: what it is on the wire, and what it is to the reader.
private struct Item: Sendable {
  enum Kind: CaseIterable { case exact, until, line, integer, prefixed, delimited, varint, peeked }

  let kind: Kind
  let value: [UInt8]

  /// The bytes of the item.
  var wire: [UInt8] {
    get throws {
      var buffer = WriteBuffer()
      switch kind {
      case .exact, .integer, .peeked: buffer.append(value)
      case .until: buffer.append(value + [0x0D, 0x0A])
      case .line: buffer.append(value + [0x0A])
      case .prefixed: try LengthPrefixFraming(.uint16).encode(value, into: &buffer)
      case .delimited: try DelimiterFraming([1, 2, 3]).encode(value, into: &buffer)
      case .varint: try LengthPrefixFraming(.varint).encode(value, into: &buffer)
      }
      return Array(buffer.pieces.joined())
    }
  }

  /// Reads the item.
  func read<Stream: ByteStream>(
    from stream: Stream,
    deadline: ContinuousClock.Instant?
  ) async throws -> [UInt8]? {
    switch kind {
    case .exact: return try await stream.read(exactly: value.count, deadline: deadline)
    case .until: return try await stream.read(until: [0x0D, 0x0A], deadline: deadline)
    case .line:
      return try await frame(from: stream, LineFraming(), deadline).map { Array($0.utf8) }
    case .integer:
      let number = try await stream.read(UInt64.self, deadline: deadline)
      return number.map { number in
        (0..<8).map { UInt8(truncatingIfNeeded: number >> (56 - 8 * $0)) }
      }
    case .prefixed: return try await frame(from: stream, LengthPrefixFraming(.uint16), deadline)
    case .delimited: return try await frame(from: stream, DelimiterFraming([1, 2, 3]), deadline)
    case .varint: return try await frame(from: stream, LengthPrefixFraming(.varint), deadline)
    case .peeked:
      let seen = try await stream.peek(atLeast: value.count, deadline: deadline)
      let bytes = try await stream.read(exactly: value.count)
      // Behind the last item there is nothing to see, and nothing to read.
      if bytes != nil { try expect(seen?.prefix(value.count), value[...], "a look") }
      return bytes
    }
  }

  private func frame<Stream: ByteStream, Decoder: FrameDecoder & Sendable>(
    from stream: Stream,
    _ decoder: Decoder,
    _ deadline: ContinuousClock.Instant?
  ) async throws -> Decoder.Frame? {
    var iterator = stream.frames(using: decoder).makeAsyncIterator()
    if let deadline { return try await iterator.next(deadline: deadline) }
    return try await iterator.next()
  }
}

/// Items without end, the same ones for the same seed.
private struct Items: Sendable {
  private var random: SplitMix64

  init(_ random: SplitMix64) { self.random = random }

  mutating func next() -> Item {
    let kind = Item.Kind.allCases[random.pick(0...Item.Kind.allCases.count - 1)]
    let count =
      kind == .integer ? 8 : random.pick(kind == .exact || kind == .peeked ? 1...900 : 0...900)
    // Letters, so that none is an end of a line; and none of a delimiter's bytes.
    return Item(kind: kind, value: (0..<count).map { _ in UInt8(random.pick(0x20...0x7E)) })
  }
}
