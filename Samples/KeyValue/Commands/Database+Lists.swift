/// Commands for lists.
extension Database {
  /// The end of a list.
  enum End { case left, right }

  mutating func push(_ end: End, _ request: Request, _ reply: inout Reply) throws(Refusal) {
    let place = find(request[1]) ?? insert(request[1], .list(List()))
    let count = try update(place) { value throws(Refusal) in
      try value.withList { list in
        for element in request.dropFirst(2) {
          if end == .left { list.prepend(Array(element)) } else { list.append(Array(element)) }
        }
        return list.count
      }
    }
    change = .asRequested
    reply.integer(count)
  }

  mutating func pop(_ end: End, _ request: Request, _ reply: inout Reply) throws(Refusal) {
    var most: Int?
    if request.count > 2 {
      most = Int(decimal: request[2]).flatMap { $0 < 0 ? nil : $0 }
      if most == nil { throw Refusal(text: "ERR value is out of range, must be positive") }
    }
    guard let place = find(request[1]) else {
      return most == nil ? reply.null() : reply.nullArray()
    }
    let elements = try update(place) { value throws(Refusal) in
      try value.withList { (list) throws(Refusal) in
        let places = 0..<min(most ?? 1, list.count)
        let size = places.reduce(0) { $0 + list[end == .left ? $1 : list.count - 1 - $1].count }
        // What the reply has no room for stays.
        guard reply.hasRoom(for: size, in: places.count) else { throw .tooLong }
        return places.map { _ in end == .left ? list.removeFirst() : list.removeLast() }
      }
    }
    if most != nil { reply.array(elements.count) }
    for element in elements { reply.bulk(element) }
    if !elements.isEmpty { change = .asRequested }
  }

  mutating func range(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    guard let first = Int(decimal: request[2]), let last = Int(decimal: request[3]) else {
      throw .notInteger
    }
    let list = try list(request[1])
    // From the end, if negative.
    let from = max(0, first < 0 ? first + list.count : first)
    let to = min(list.count - 1, last < 0 ? last + list.count : last)
    guard from <= to else { return reply.array(0) }
    reply.array(to - from + 1)
    for index in from...to { reply.bulk(list[index]) }
  }

  mutating func length(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    reply.integer(try list(request[1]).count)
  }

  private mutating func list(_ name: ArraySlice<UInt8>) throws(Refusal) -> List {
    guard let place = find(name) else { return List() }
    guard case .list(let list) = entries[place].value else { throw .wrongType }
    return list
  }
}
