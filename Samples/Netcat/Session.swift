import SampleSupport
import Sockets
import Synchronization

/// A talk over a stream: what standard input brings goes to the other end, what the other end sends goes to
/// standard output, both at the same time and each only as fast as it is taken.
struct Session<Transport: StreamTransport>: Sendable {
  private let connection: SocketConnection<Transport>
  private let arguments: Arguments
  private let input: File
  private let output: File
  private let activity = Activity()

  /// Closed when the other end has ended, which makes the second one readable: the reader of standard
  /// input may be waiting for that too.
  private let (ending, ended): (UnixConnection, UnixConnection)

  init(_ connection: SocketConnection<Transport>, _ arguments: Arguments) throws {
    self.connection = connection
    self.arguments = arguments
    input = try File.standardInput(on: connection.reactor)
    output = try File.standardOutput(on: connection.reactor)
    (ending, ended) = try UnixConnection.pair(on: connection.reactor)
  }

  /// What has ended.
  private enum Part {
    case received
    case sent(SocketError?)
    case idle
  }

  /// Runs until both directions have ended.
  func run() async throws {
    // On the thread that sees the readiness of all three: no hop between a read and the write after it.
    try await withTaskExecutorPreference(connection.reactor) {
      try await withThrowingTaskGroup(of: Part.self) { group in
        group.addTask {
          try await receive()
          return .received
        }
        group.addTask { .sent(try await send()) }
        if let wait = arguments.wait {
          group.addTask {
            try await activity.waitUntilIdle(for: wait)
            return .idle
          }
        }
        defer { group.cancelAll() }
        var failure: SocketError?
        var running = 2
        while running > 0, let part = try await group.next() {
          running -= 1
          switch part {
          case .received: break
          case .sent(let error): failure = error
          case .idle:
            if arguments.isVerbose { Program.note("idle for too long") }
            running = 0
          }
        }
        if let failure { throw failure }
      }
    }
  }

  /// Prints what the other end sends, until it ends.
  private func receive() async throws {
    for try await chunk in connection.chunks {
      activity.note()
      try await output.print(chunk)
      activity.note()
    }
    ending.close()
  }

  /// Sends what standard input brings, until it ends.
  ///
  /// - Returns: Why the other end takes no more, if it does not. That is not thrown, for it may have
  ///   answered before: what it has sent is to be printed first.
  private func send() async throws -> SocketError? {
    let isEndedByPeer = arguments.listens && (arguments.keepsOpen || input.isTerminal)
    let end = isEndedByPeer ? ended.readable : nil
    do {
      while let bytes = try await input.read(upTo: 65_536, orUntil: end) {
        activity.note()
        try await connection.write(bytes)
        activity.note()
      }
      if arguments.halfCloses { try await connection.finish() }
      return nil
    } catch let error as SocketError where error.operation == .write {
      return error
    }
  }
}

/// Nobody reads standard output any more.
struct OutputClosed: Error {}

extension File {
  /// Writes bytes.
  func print(_ bytes: [UInt8]) async throws {
    do {
      try await write(bytes)
    } catch let error as SocketError where error.code == .brokenPipe {
      throw OutputClosed()
    }
  }
}

/// When something has last moved.
final class Activity: Sendable {
  private let last = Mutex(ContinuousClock.now)

  /// Notes that something moves now.
  func note() { last.withLock { $0 = .now } }

  /// Waits until nothing has moved for some time.
  func waitUntilIdle(for duration: Duration) async throws {
    while true {
      let end = last.withLock { $0 } + duration
      if end <= .now { return }
      try await Task.sleep(until: end, clock: .continuous)
    }
  }
}
