import SampleSupport

/// What people can say.
extension Chat {
  private static let help = """
    * what you type is said in the room that you have joined last. Besides:
    * /nick NAME       change your name
    * /join ROOM       join a room, or make it the one in which you speak
    * /leave [ROOM]    leave it
    * /rooms           which rooms there are
    * /who [ROOM]      who is in a room, or here at all
    * /msg NAME TEXT   say something to one person
    * /motd            the message of the day again
    * /quit [WORDS]    leave, with last words
    """

  /// Does what a line says.
  ///
  /// - Throws: Why not, for the person.
  func obey(_ line: String, _ member: Member) throws {
    if line.isEmpty { return }
    guard line.hasPrefix("/") else { return try say(line, member) }
    let words = line.split(separator: " ", maxSplits: 1)
    let rest = words.count > 1 ? words[1].drop { $0 == " " } : ""
    switch words[0] {
    case "/help": tell(member.connection, Self.help)
    case "/nick": try rename(member, Name(rest))
    case "/join": try join(member, Name(rest))
    case "/leave": try leave(member, rest)
    case "/rooms": list(member, "rooms", rooms.map { "\($0.key) (\($0.value.count))" })
    case "/who": try who(member, rest)
    case "/msg": try whisper(member, rest)
    case "/motd": for line in settings.messageOfTheDay { tell(member.connection, "* \(line)") }
    case "/quit":
      members[member.connection]?.farewell = rest.isEmpty ? "has left" : "has left: \(rest)"
      tell(member.connection, "* goodbye")
      member.outbox.finish()
    default: throw Failure("there is no \(words[0]); /help tells what there is")
    }
  }

  private func say(_ text: String, _ member: Member) throws {
    guard let room = member.rooms.last else {
      throw Failure("you are in no room; /join ROOM takes you there")
    }
    tell(room, "[\(room)] \(member.name): \(text)", except: member.connection)
  }

  private func rename(_ member: Member, _ name: Name) throws {
    let person = member.connection
    if names[name] ?? person != person { throw Failure("somebody else is \(name)") }
    (names[member.name], names[name]) = (nil, person)
    members[person]?.name = name
    tell(person, "* you are \(name)")
    // Once each, in however many rooms they meet.
    let others = member.rooms.reduce(into: Set()) { $0.formUnion(rooms[$1] ?? []) }
    for other in others where other != person { tell(other, "* \(member.name) is now \(name)") }
  }

  private func join(_ member: Member, _ room: Name) throws {
    let (person, isNew) = (member.connection, !member.rooms.contains(room))
    if isNew, member.rooms.count == 10 { throw Failure("nobody can be in more than 10 rooms") }
    members[person]?.rooms = member.rooms.filter { $0 != room } + [room]
    rooms[room, default: []].insert(person)
    tell(person, "* you are in \(room) (\(rooms[room]?.count ?? 0))")
    if isNew { tell(room, "* \(member.name) has joined \(room)", except: person) }
  }

  private func leave(_ member: Member, _ word: Substring) throws {
    guard let room = try word.isEmpty ? member.rooms.last : Name(word), member.rooms.contains(room)
    else { throw Failure(word.isEmpty ? "you are in no room" : "you are not in \(word)") }
    remove(member.connection, from: room)
    tell(member.connection, "* you have left \(room)")
    tell(room, "* \(member.name) has left \(room)")
  }

  private func who(_ member: Member, _ word: Substring) throws {
    guard let present = try word.isEmpty ? Set(members.keys) : rooms[Name(word)] else {
      throw Failure("there is no room \(word)")
    }
    let names = present.compactMap { members[$0].map { "\($0.name)" } }
    list(member, word.isEmpty ? "here" : "in \(word)", names)
  }

  private func whisper(_ member: Member, _ words: Substring) throws {
    let parts = words.split(separator: " ", maxSplits: 1)
    guard parts.count == 2 else { throw Failure("/msg NAME TEXT") }
    guard let other = try names[Name(parts[0])].flatMap({ members[$0] }) else {
      throw Failure("nobody here is \(parts[0])")
    }
    tell(other.connection, "\(member.name) to you: \(parts[1])")
    tell(member.connection, "* \(other.name) was told")
  }

  private func list(_ member: Member, _ what: String, _ entries: [String]) {
    let some = entries.sorted().prefix(100).joined(separator: ", ")
    let others = entries.count > 100 ? " and \(entries.count - 100) more" : ""
    tell(member.connection, "* \(what): \(some.isEmpty ? "none" : some)\(others)")
  }
}
