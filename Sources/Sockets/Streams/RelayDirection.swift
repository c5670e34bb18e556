/// One direction of a relay between two sockets: takes bytes from one and passes them on to the other, until
/// the first ends.
///
/// Few bytes are copied, many go through a pipe: `splice(2)` costs more per call and less per byte, and takes
/// two more calls to find that there is nothing. On loopback a round trip of 64 bytes took 29 µs of a C relay's
/// CPU time copied and 33 µs spliced, one of 64 KiB 55 and 48. So a direction begins by copying, goes over to
/// the pipe when a copy has filled a buffer of 64 KiB, and comes back when a splice has brought less than that.
///
/// At any moment the bytes that were taken and not yet passed on are in `chunk` or in `pipe`, and nothing
/// else is taken before they are gone. However the direction ends, they go back to where they came from.
struct RelayDirection {
  private let source: Stream
  private let target: Stream
  private let traffic: RelayTraffic
  private let isForward: Bool

  /// Whether somebody asks when a byte was last moved.
  private let isTimed: Bool

  /// Bytes that are copied.
  private var chunk: [UInt8] = []

  /// How many of `chunk` the target has.
  private var sent = 0

  /// The pipe that bytes are in, on loan.
  private var pipe: Pipe?

  /// How many.
  private var inPipe = 0

  /// Whether the next bytes go through a pipe.
  private var splices = false

  /// Whether the kernel has refused to splice one of the sockets.
  private var isRefused = false

  /// Whether the target's limit of unsent bytes was lifted; `nil` before it was looked at.
  private var isLifted: Bool?

  /// How many bytes are copied at once.
  private static let copySize = BufferPool.largeSize

  /// How many bytes were moved since other tasks of the thread had their turn.
  private var sinceYield = 0

  /// How many bytes may follow each other before that: about a millisecond's worth.
  private static let bytesBeforeYield = 4 << 20

  /// Why the target takes no more.
  private var refusal: Errno?

  init(
    from source: Stream,
    to target: Stream,
    _ traffic: RelayTraffic,
    isForward: Bool,
    isTimed: Bool
  ) {
    self.source = source
    self.target = target
    self.traffic = traffic
    self.isForward = isForward
    self.isTimed = isTimed
  }

  private var loop: EventLoop { source.registration.loop }

  /// Moves everything, and passes on the end.
  ///
  /// - Returns: Why the target takes no more, if that is why it has ended: the other direction can go on.
  /// - Throws: Why the relay has to stop. If the source has failed, the target has been reset.
  mutating nonisolated(nonsending) func run() async throws -> (any Error)? {
    defer {
      putBack()
      if isLifted == true { try? target.registration.use { $0.restoreLowWatermark() } }
    }
    return try await source.registration.guarding { try await move() }
  }

  private mutating nonisolated(nonsending) func move() async throws -> (any Error)? {
    while try await take() > 0 {
      // Most of the time the target takes all at once.
      let step = target.registration.begin(.write) { pass(to: $0) }
      if let step, let failure = try await pass(step) { return failure }
      loop.largeBuffers.giveBack(&chunk)
      sent = 0
      if sinceYield >= Self.bytesBeforeYield {
        sinceYield = 0
        await EventLoop.yield()
      }
    }
    try await target.finish(deadline: nil)
    return nil
  }

  /// Takes the next bytes.
  ///
  /// - Returns: How many; 0 at the end.
  private mutating nonisolated(nonsending) func take() async throws -> Int {
    do throws(OperationFailure) {
      return try await source.registration.perform(.read, whenBusy: .fail, until: .max) {
        take(from: $0)
      }
    } catch {
      if case .failed(let error) = error, !error.concernsTheCallOnly {
        // What the target has is no whole stream, and a close would make it look like one.
        await target.waitUntilDelivered()
        target.reset()
      }
      throw source.error(error, .read)
    }
  }

  private mutating func take(from socket: Socket) -> Registration.Attempt {
    var unread = source.takeBuffer()
    if !unread.isEmpty {
      defer { source.putBack(&unread) }
      chunk = unread.take(min(unread.count, Self.copySize))
      return .done(chunk.count, usedUp: .no)
    }
    if splices {
      inPipe = splice(from: socket)
      if inPipe > 0 { return .done(inPipe, usedUp: .no) }
    }
    loop.largeBuffers.lend(&chunk)
    let result = source.counted(socket.receive(appendingTo: &chunk, upTo: Self.copySize))
    if result <= 0 { loop.largeBuffers.giveBack(&chunk) }
    if result > 0 { splices = result == Self.copySize && !isRefused }
    return Registration.Attempt(result, usedUp: Stream.usedUp(result, of: Self.copySize))
  }

  /// Moves bytes into a pipe.
  ///
  /// - Returns: How many; 0 if a read has to say what there is. A splice that moves nothing says little: at
  ///   the mark of urgent data it reports the end, or nothing, for ever, and a read goes past it.
  private mutating func splice(from socket: Socket) -> Int {
    guard let pipe = loop.pipes.lend(loop.kernel) else { return 0 }
    let result = pipe.fill(from: socket)
    guard result > 0 else {
      loop.pipes.giveBack(pipe)
      if result == -Int(Errno.invalidArgument.rawValue) {
        refuse()
      } else if result < 0 {
        // The kernel reports an error once: without a note, the read would find a clean end.
        _ = source.checked(result)
      }
      return 0
    }
    source.registration.count(result, .read)
    self.pipe = pipe
    splices = result >= Self.copySize
    return result
  }

  /// Takes note that the kernel does not splice these sockets: from now on everything is copied.
  private mutating func refuse() { (isRefused, splices) = (true, false) }

  /// Goes on to pass on all that was taken.
  ///
  /// - Parameter step: What is next.
  /// - Returns: Why the target takes no more, if that is so.
  /// - Throws: Why the relay has to stop.
  private mutating nonisolated(nonsending) func pass(
    _ step: WaiterState.Step
  ) async throws -> (any Error)? {
    do throws(OperationFailure) {
      _ = try await target.registration.perform(
        .write,
        whenBusy: .queue,
        until: .max,
        claimed: step
      ) { pass(to: $0) }
      return nil
    } catch {
      let failure = target.error(error, .write)
      guard error == .failed(.brokenPipe) || error == .failed(.connectionReset) else {
        throw failure
      }
      return failure
    }
  }

  private mutating func pass(to socket: Socket) -> Registration.Attempt {
    if let refusal = refusal ?? target.refusal() { return .failed(refusal) }
    // A limit of a few pages on what comes in hundreds costs a fifth of the CPU time.
    if pipe != nil, isLifted == nil { isLifted = socket.liftLowWatermark() }
    let hasEnded = target.registration.ends.contains(.incoming)
    var wasShort = false
    while let pipe {
      var result = pipe.drain(into: socket, inPipe)
      if wasShort, !hasEnded { result = Stream.resultAfterShort(result) }
      wasShort = result < inPipe
      if result == -Int(Errno.invalidArgument.rawValue) {
        refuse()
        emptyPipe()
        break
      }
      if let failure = passed(result) { return failure }
      inPipe -= result
      if inPipe == 0 { giveBackPipe() }
    }
    while sent < chunk.count {
      let result = socket.send(chunk.span, after: sent)
      if let failure = passed(result) { return failure }
      sent += result
    }
    return .done(0, usedUp: .no)
  }

  /// Counts what a call has passed on.
  ///
  /// - Returns: What the attempt comes to if the call has failed.
  private mutating func passed(_ result: Int) -> Registration.Attempt? {
    if result <= 0 {
      // A call that does nothing and does not say why would be repeated without end.
      let error = result == 0 ? -Int(Errno.inputOutput.rawValue) : target.checkedWrite(result)
      let attempt = Registration.Attempt(error)
      // A first try is not the last word, and the kernel tells an error once.
      if case .failed(let error) = attempt { refusal = error }
      return attempt
    }
    target.registration.count(result, .write)
    traffic.add(result, isForward: isForward, isTimed: isTimed)
    sinceYield += result
    return nil
  }

  /// Gives what was taken and not passed on back to the source, for its next read.
  private mutating func putBack() {
    emptyPipe()
    source.putBack(chunk[sent...])
    loop.largeBuffers.giveBack(&chunk)
  }

  /// Copies what is in the pipe into `chunk`, which is empty then.
  private mutating func emptyPipe() {
    guard let pipe else { return }
    while inPipe > 0 {
      let result = pipe.read(appendingTo: &chunk, upTo: inPipe)
      if result <= 0 { break }
      inPipe -= result
    }
    giveBackPipe()
  }

  private mutating func giveBackPipe() {
    loop.pipes.giveBack(inPipe == 0 ? pipe : nil)
    pipe = nil
    inPipe = 0
  }
}

extension Stream {
  /// What the result of a `splice` or `sendfile` to a socket means right after one that moved less than it
  /// could.
  ///
  /// Each consists of several sends. When one of them fails after another has moved something, the call
  /// returns how much, and the error is gone from the socket: the next call says EPIPE where it should
  /// say that the connection was reset, and the next read says that the stream has ended. (If the peer has
  /// ended its direction before, EPIPE is true.)
  static func resultAfterShort(_ result: Int) -> Int {
    let isBroken = result == -Int(Errno.brokenPipe.rawValue)
    return isBroken ? -Int(Errno.connectionReset.rawValue) : result
  }

  /// Waits until the peer's kernel has all that was written, for two seconds at most.
  ///
  /// For those who abort the connection then: a reset throws away what it does not have, and no event tells when it
  /// has it all.
  nonisolated(nonsending) func waitUntilDelivered() async {
    try? await reactor.loop.retry(deadline: .now + .seconds(2), watching: registration) {
      hasDelivered ? .done(0, usedUp: .yes) : .again(.yes)
    }
  }

  /// Whether the peer's kernel has all that was written, or none of it matters any more.
  var hasDelivered: Bool {
    guard case .ip = localName else { return true }
    let info = try? registration.use { (socket) throws(Errno) in try socket.tcpInfo() }
    guard let info else { return true }
    return info.bytesNotSent == 0 && info.unacknowledgedSegments == 0
  }
}
