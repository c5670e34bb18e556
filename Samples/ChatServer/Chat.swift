import SampleSupport
import Sockets

/// The people and the rooms, all on the thread of one reactor, which is this actor's executor.
///
/// Nobody waits for anybody here: what is said is put into the outbox of each who hears it, and a task of each
/// writes from there. Whose outbox is full is cut off.
actor Chat {
  nonisolated let listener: TCPListener
  nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe listener.reactor.unownedExecutor
  }

  let arguments: Arguments
  var members: [Int: Member] = [:]
  var names: [Name: Int] = [:]
  var rooms: [Name: Set<Int>] = [:]
  private var lastID = 0
  private var isEnding = false

  /// How long a person may take to receive what is sent in one piece.
  private static let patience = Duration.seconds(5)

  /// How long the last words may take when the server is to end.
  private static let grace = Duration.seconds(3)

  init(_ listener: TCPListener, _ arguments: Arguments) {
    (self.listener, self.arguments) = (listener, arguments)
  }

  /// Serves one person, until the outbox has come to its end.
  ///
  /// Whoever finishes the outbox ends it all: the task that reads when the person leaves, ``cutOff(_:)``,
  /// ``end()``. What is in it by then is still sent.
  func serve(_ connection: TCPConnection) async throws {
    let (id, outbox) = try enter(connection)
    do {
      defer { leave(id) }
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask { try await self.read(connection, of: id) }
        try await outbox.forward { bytes in
          do {
            try await connection.write(bytes, deadline: .now + Self.patience)
          } catch let error as SocketError where error.code == .timedOut {
            cutOff(id)
            throw error
          }
        }
        group.cancelAll()
      }
    }
    await connection.closeGracefully()
  }

  /// Tells everybody that the server ends, and lets it end.
  func end() {
    isEnding = true
    for id in members.keys {
      tell(id, "* the server is going down: goodbye")
      finish(id)
    }
    listener.drain(grace: Self.grace)
  }

  /// Makes a member of a connection, with a name that can be changed.
  private func enter(_ connection: TCPConnection) throws -> (Int, Outbox) {
    repeat { lastID += 1 } while names[try Name("guest-\(lastID)")] != nil
    let (id, name) = (lastID, try Name("guest-\(lastID)"))
    let outbox = Outbox(limit: arguments.mostWaiting)
    members[id] = Member(name: name, connection: connection, outbox: outbox)
    names[name] = id
    if arguments.isVerbose { Program.note("\(connection.remoteAddress) is \(name)") }
    for line in arguments.messageOfTheDay { tell(id, "* \(line)") }
    tell(id, "* you are \(name); /nick NAME changes that, /join ROOM takes you there, /help helps")
    if isEnding {
      tell(id, "* the server is going down: goodbye")
      finish(id)
    }
    return (id, outbox)
  }

  /// Forgets a member.
  private func leave(_ id: Int) {
    guard let member = members.removeValue(forKey: id) else { return }
    names[member.name] = nil
    for room in member.rooms {
      remove(id, from: room)
      tell(room, "* \(member.name) \(member.farewell)")
    }
    if arguments.isVerbose {
      Program.note("\(member.connection.remoteAddress), \(member.name), \(member.farewell)")
    }
  }

  /// Does what a person says, line by line.
  private func read(_ connection: TCPConnection, of id: Int) async throws {
    defer { finish(id) }
    do {
      for try await line in connection.lines(limit: arguments.longestLine) {
        guard members[id]?.isEnding == false else { return }
        do throws(Complaint) {
          try obey(line.printable, id)
        } catch {
          tell(id, "! \(error.text)")
        }
        await Task.yield()  // however much one has to say, the others have their turn
      }
    } catch let error as SocketError where error.code == .limitExceeded {
      let reason = "a line of more than \(arguments.longestLine) bytes"
      tell(id, "! \(reason): goodbye")
      members[id]?.farewell = "has been cut off: \(reason)"
    } catch is CancellationError {
      // There is nothing more to be sent.
    }
  }

  /// Sends a line to one person, or cuts them off if there is no room for it.
  func tell(_ id: Int, _ line: String) {
    guard let member = members[id], !member.isEnding else { return }
    if !member.outbox.append(Array("\(line)\n".utf8)) { cutOff(id) }
  }

  /// Sends a line to everybody in a room, but for one.
  func tell(_ room: Name, _ line: String, except: Int? = nil) {
    for id in rooms[room] ?? [] where id != except { tell(id, line) }
  }

  /// Takes somebody out of a room; an empty room is no more.
  func remove(_ id: Int, from room: Name) {
    members[id]?.rooms.removeAll { $0 == room }
    rooms[room]?.remove(id)
    if rooms[room]?.isEmpty == true { rooms[room] = nil }
  }

  /// Lets somebody go, once what waits for them is sent.
  func finish(_ id: Int) {
    members[id]?.isEnding = true
    members[id]?.outbox.finish()
  }

  /// Lets somebody go who does not read what is sent.
  ///
  /// The others hear of it when the connection has ended.
  private func cutOff(_ id: Int) {
    guard let member = members[id], !member.isEnding else { return }
    let farewell = "has been cut off: does not read"
    Program.note("\(member.connection.remoteAddress), \(member.name), \(farewell)")
    members[id]?.farewell = farewell
    members[id]?.isEnding = true
    member.outbox.finish(with: Array("! too much waits for you: goodbye\n".utf8))
  }
}
