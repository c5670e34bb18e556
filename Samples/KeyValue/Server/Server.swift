import SampleSupport
package import Sockets

/// The database and its clients, all on the thread of one reactor.
///
/// The reactor is this actor's executor. So a client's task, which runs in here, is resumed on the thread that
/// has seen its bytes come, and has the database to itself from there to the next `await`: without a lock,
/// and without a hop from one thread to another.
package actor Server {
  nonisolated let reactor: Reactor
  nonisolated let listener: TCPListener
  package nonisolated var unownedExecutor: UnownedSerialExecutor { unsafe reactor.unownedExecutor }

  let settings: Settings
  var database: Database

  /// Where changes are logged, if they are, and how far.
  let journal: Journal?
  var commits = Commits()

  /// Who has subscribed to what.
  var subscribers: [Int: Subscriber] = [:]
  var topics: [Topic.Kind: [Key: Set<Int>]] = [:]

  private(set) var clients = 0
  private(set) var requests = 0
  private var lastID = 0

  /// From so many bytes on, replies are sent though there are more requests at hand.
  private static let manyBytes = 1 << 16

  /// How long clients are served on when the server is to end.
  package static let grace = Duration.seconds(1)

  package init(
    _ listener: TCPListener,
    _ database: Database,
    _ journal: Journal?,
    _ settings: Settings
  ) {
    (reactor, self.listener) = (listener.reactor, listener)
    (self.database, self.journal, self.settings) = (database, journal, settings)
    self.database.isLogged = journal != nil
    self.database.limit = settings.mostMemory
  }

  /// Serves one client, until it ends or is told to.
  package func serve(_ connection: TCPConnection) async throws {
    (clients, lastID) = (clients + 1, lastID + 1)
    var session = Session(id: lastID, connection: connection)
    do {
      defer {
        unsubscribe(session.id)
        clients -= 1
      }
      try await answerAll(of: &session)
    }
    if session.end == .shutdown { listener.drain(grace: Self.grace) }
    await connection.closeGracefully()
  }

  /// Answers what a client asks for, until the one or the other has had enough.
  private func answerAll(of session: inout Session) async throws {
    let requests = session.connection.frames(
      using: RequestDecoder(limit: settings.longestRequest)
    )
    try await withThrowingDiscardingTaskGroup { group in
      do {
        for try await batch in requests {
          try await answer(batch, of: &session, &group)
          if session.end != nil || session.connection.isDraining { break }
        }
      } catch let error as RequestDecoder.ProtocolError {
        session.reply.error("ERR Protocol error: \(error.message)")
        session.end = .quit
        try await send(&session)
      } catch let error as SocketError where error.code == .unexpectedEndOfStream {
        // It has left in the middle of a request.
      } catch let error as SocketError where error.code == .closed {
        // It was cut off, and it was said why.
      }
      session.outbox?.finish()
    }
  }

  /// Carries out requests, and replies to them all at once.
  private func answer(
    _ batch: Batch,
    of session: inout Session,
    _ group: inout ThrowingDiscardingTaskGroup<any Error>
  ) async throws {
    database.now = Clock.milliseconds
    requests += batch.count
    for request in batch {
      let hadOutbox = session.outbox != nil
      execute(request, &session)
      if !hadOutbox, let outbox = session.outbox {
        // From here on others have something to say to this client too.
        group.addTask { [connection = session.connection] in
          await self.forward(outbox, to: connection)
        }
      }
      let isLarge = session.reply.bytes.count > Self.manyBytes
      if session.outbox != nil || isLarge { try await send(&session) }
      if session.end != nil { break }
    }
    try await send(&session)
  }

  /// Sends the replies, once everything that they tell of is in the log.
  private func send(_ session: inout Session) async throws {
    if session.reply.bytes.isEmpty { return }
    if let outbox = session.outbox {
      await outbox.send(session.reply.take())
    } else {
      if journal != nil { try await commit() }
      try await session.connection.write(session.reply.bytes)
      session.reply.removeAll()
    }
  }

  /// Sends what comes for a subscriber.
  private func forward(_ outbox: Outbox, to connection: TCPConnection) async {
    do {
      try await outbox.forward { bytes in
        try await self.commit()
        try await connection.write(bytes)
      }
    } catch {
      connection.close()  // which ends the task that reads as well
    }
  }

  /// Carries out one request.
  private func execute(_ request: Request, _ session: inout Session) {
    let start = session.reply.bytes.count
    do {
      let command = try Command.find(request)
      switch command.action {
      case .subscriber(let body): try body(self, request, &session)
      case _ where session.subscriptions > 0 && session.reply.version == 2:
        throw Refusal.subscribed(command.name)
      case .session(let body): try body(self, request, &session)
      case .add where database.size > database.limit: throw Refusal.outOfMemory
      case .read(let body), .write(let body), .add(let body):
        try database.run(body, request, &session.reply)
      }
      if session.reply.isTooLong { throw Refusal.tooLong }
    } catch {
      session.reply.removeAll(behind: start)
      session.reply.error((error as? Refusal)?.text ?? "ERR \(error)")
    }
  }
}
