import SampleSupport
package import Sockets

/// The people and the rooms, all on the thread of one reactor, which is this actor's executor.
///
/// Nobody waits for anybody here: what is said is put into the outbox of each who hears it, and a task of each
/// writes from there. Whose outbox is full is cut off.
package actor Chat {
  nonisolated let listener: TCPListener
  package nonisolated var unownedExecutor: UnownedSerialExecutor {
    unsafe listener.reactor.unownedExecutor
  }

  let settings: Settings
  var members: [TCPConnection: Member] = [:]
  var names: [Name: TCPConnection] = [:]
  var rooms: [Name: Set<TCPConnection>] = [:]
  private var guests = 0

  package init(_ listener: TCPListener, _ settings: Settings) {
    (self.listener, self.settings) = (listener, settings)
  }

  /// Serves one person, until the outbox has come to its end.
  ///
  /// Whoever finishes the outbox ends it all: the task that reads when the person leaves, ``cutOff(_:)``,
  /// ``end()``. What is in it by then is still sent.
  package func serve(_ person: TCPConnection) async throws {
    let outbox = try enter(person)
    do {
      defer { leave(person) }
      try await withThrowingDiscardingTaskGroup { group in
        group.addTask { try await self.read(person) }
        try await outbox.forward { bytes in
          do {
            try await person.write(bytes, deadline: .now + .seconds(5))
          } catch let error as SocketError where error.code == .timedOut {
            cutOff(person)
            throw error
          }
        }
        group.cancelAll()
      }
    }
    await person.closeGracefully()
  }

  /// Tells everybody that the server ends, and lets it end when they have heard it.
  package func end() {
    for person in members.keys { dismiss(person) }
    listener.drain(grace: .seconds(3))
  }

  private func dismiss(_ person: TCPConnection) {
    tell(person, "* the server is going down: goodbye")
    members[person]?.outbox.finish()
  }

  /// Makes a member, with a name that can be changed.
  private func enter(_ person: TCPConnection) throws -> Outbox {
    repeat { guests += 1 } while names[try Name("guest-\(guests)")] != nil
    let name = try Name("guest-\(guests)")
    let outbox = Outbox(limit: settings.mostWaiting)
    members[person] = Member(connection: person, name: name, outbox: outbox)
    names[name] = person
    if settings.isVerbose { Program.note("\(person.remoteAddress) is \(name)") }
    for line in settings.messageOfTheDay { tell(person, "* \(line)") }
    let hint = "/nick NAME changes that, /join ROOM takes you there, /help helps"
    tell(person, "* you are \(name); \(hint)")
    if person.isDraining { dismiss(person) }
    return outbox
  }

  private func leave(_ person: TCPConnection) {
    guard let member = members.removeValue(forKey: person) else { return }
    names[member.name] = nil
    for room in member.rooms {
      remove(person, from: room)
      tell(room, "* \(member.name) \(member.farewell)")
    }
    if settings.isVerbose { Program.note("\(member)") }
  }

  /// Does what a person says, line by line.
  private func read(_ person: TCPConnection) async throws {
    defer { members[person]?.outbox.finish() }
    do {
      for try await line in person.lines(limit: settings.longestLine) {
        guard let member = members[person], !member.outbox.isFinished else { return }
        do {
          try obey(line.printable, member)
        } catch {
          tell(person, "! \(error)")
        }
        await Task.yield()  // however much one has to say, the others have their turn
      }
    } catch let error as SocketError where error.code == .limitExceeded {
      let reason = "a line of more than \(settings.longestLine) bytes"
      tell(person, "! \(reason): goodbye")
      members[person]?.farewell = "has been cut off: \(reason)"
    } catch is CancellationError {
      // There is nothing more to be sent.
    }
  }

  /// Sends a line to one person, who is cut off if there is no room for it.
  func tell(_ person: TCPConnection, _ line: String) {
    if members[person]?.outbox.append(Array("\(line)\n".utf8)) == false { cutOff(person) }
  }

  /// Sends a line to everybody in a room, but for one.
  func tell(_ room: Name, _ line: String, except: TCPConnection? = nil) {
    for person in rooms[room] ?? [] where person != except { tell(person, line) }
  }

  /// Takes somebody out of a room; an empty room is no more.
  func remove(_ person: TCPConnection, from room: Name) {
    members[person]?.rooms.removeAll { $0 == room }
    rooms[room]?.remove(person)
    if rooms[room]?.isEmpty == true { rooms[room] = nil }
  }

  /// Lets somebody go who does not read; the others hear of it when the connection has ended.
  private func cutOff(_ person: TCPConnection) {
    guard var member = members[person], !member.outbox.isFinished else { return }
    member.farewell = "has been cut off: does not read"
    members[person] = member
    Program.note("\(member)")
    member.outbox.finish(with: Array("! too much waits for you: goodbye\n".utf8))
  }
}
