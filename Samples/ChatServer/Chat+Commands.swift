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

  /// The most rooms that a person may be in.
  private static let mostRooms = 10

  /// The most names in one answer.
  private static let mostListed = 100

  /// Does what a line says.
  func obey(_ line: String, _ id: Int) throws(Complaint) {
    if line.isEmpty { return }
    guard line.hasPrefix("/") else { return try say(line, id) }
    let words = line.split(separator: " ", maxSplits: 1)
    let rest = words.count > 1 ? words[1].drop { $0 == " " } : ""
    switch words[0] {
    case "/help": tell(id, Self.help)
    case "/nick": try rename(id, Name(rest))
    case "/join": try join(id, Name(rest))
    case "/leave": try leave(id, rest)
    case "/rooms": list("rooms", rooms.map { "\($0.key) (\($0.value.count))" }, id)
    case "/who": try who(id, rest)
    case "/msg": try whisper(id, rest)
    case "/motd": for line in arguments.messageOfTheDay { tell(id, "* \(line)") }
    case "/quit":
      members[id]?.farewell = rest.isEmpty ? "has left" : "has left: \(rest)"
      tell(id, "* goodbye")
      finish(id)
    default: throw Complaint("there is no \(words[0]); /help tells what there is")
    }
  }

  private func say(_ text: String, _ id: Int) throws(Complaint) {
    guard let member = members[id], let room = member.rooms.last else {
      throw Complaint("you are in no room; /join ROOM takes you there")
    }
    tell(room, "[\(room)] \(member.name): \(text)", except: id)
  }

  private func rename(_ id: Int, _ name: Name) throws(Complaint) {
    guard let member = members[id] else { return }
    if let other = names[name], other != id { throw Complaint("somebody else is \(name)") }
    names[member.name] = nil
    names[name] = id
    members[id]?.name = name
    tell(id, "* you are \(name)")
    // Once each, in however many rooms they meet.
    let others = member.rooms.reduce(into: Set()) { $0.formUnion(rooms[$1] ?? []) }
    for other in others where other != id { tell(other, "* \(member.name) is now \(name)") }
  }

  private func join(_ id: Int, _ room: Name) throws(Complaint) {
    guard let member = members[id] else { return }
    let isNew = rooms[room]?.contains(id) != true
    if isNew, member.rooms.count == Self.mostRooms {
      throw Complaint("nobody can be in more than \(Self.mostRooms) rooms")
    }
    members[id]?.rooms.removeAll { $0 == room }
    members[id]?.rooms.append(room)
    rooms[room, default: []].insert(id)
    tell(id, "* you are in \(room) (\(rooms[room]?.count ?? 0))")
    if isNew { tell(room, "* \(member.name) has joined \(room)", except: id) }
  }

  private func leave(_ id: Int, _ word: some StringProtocol) throws(Complaint) {
    guard let member = members[id] else { return }
    guard let room = try word.isEmpty ? member.rooms.last : Name(word), member.rooms.contains(room)
    else { throw Complaint(word.isEmpty ? "you are in no room" : "you are not in \(word)") }
    remove(id, from: room)
    tell(id, "* you have left \(room)")
    tell(room, "* \(member.name) has left \(room)")
  }

  private func who(_ id: Int, _ word: some StringProtocol) throws(Complaint) {
    if word.isEmpty { return list("here", members.values.map { "\($0.name)" }, id) }
    let room = try Name(word)
    guard let present = rooms[room] else { throw Complaint("there is no room \(room)") }
    list("in \(room)", present.compactMap { members[$0].map { "\($0.name)" } }, id)
  }

  private func whisper(_ id: Int, _ words: some StringProtocol) throws(Complaint) {
    let parts = words.split(separator: " ", maxSplits: 1)
    guard parts.count == 2, let member = members[id] else { throw Complaint("/msg NAME TEXT") }
    let name = try Name(parts[0])
    guard let other = names[name], let receiver = members[other] else {
      throw Complaint("nobody here is \(name)")
    }
    tell(other, "\(member.name) to you: \(parts[1])")
    tell(id, "* \(receiver.name) was told")
  }

  private func list(_ what: String, _ entries: [String], _ id: Int) {
    let some = entries.sorted().prefix(Self.mostListed).joined(separator: ", ")
    let others = entries.count - Self.mostListed
    tell(id, "* \(what): \(some.isEmpty ? "none" : some)\(others > 0 ? " and \(others) more" : "")")
  }
}
