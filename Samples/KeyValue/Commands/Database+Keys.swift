/// Commands for keys, whatever they stand for.
extension Database {
  mutating func delete(_ request: Request, _ reply: inout Reply) {
    var count = 0
    for name in request.dropFirst() {
      guard let place = find(name) else { continue }
      remove(at: place)
      count += 1
    }
    if count > 0 { change = .asRequested }
    reply.integer(count)
  }

  mutating func exists(_ request: Request, _ reply: inout Reply) {
    var count = 0
    for name in request.dropFirst() where find(name) != nil { count += 1 }
    reply.integer(count)
  }

  mutating func type(_ request: Request, _ reply: inout Reply) {
    reply.simple(find(request[1]).map { entries[$0].value.typeName } ?? "none")
  }

  func keys(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    let names = try keys(like: Pattern(request[1]))
    reply.array(names.count)
    for name in names { reply.bulk(name) }
  }

  /// `SCAN`: all in one step, which is as the protocol allows it.
  func scan(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    guard Int(decimal: request[1]) != nil else { throw Refusal(text: "ERR invalid cursor") }
    var pattern: Pattern?
    var options = request.dropFirst(2)
    while let option = options.popFirst(), let value = options.popFirst() {
      switch String(decoding: option, as: UTF8.self).uppercased() {
      case "MATCH": pattern = try Pattern(value)
      case "COUNT" where Int(decimal: value).map { $0 > 0 } ?? false: break
      default: throw .syntax
      }
    }
    if request.count.isMultiple(of: 2) == false { throw .syntax }
    let names = try keys(like: pattern)
    reply.array(2)
    reply.bulk("0")
    reply.array(names.count)
    for name in names { reply.bulk(name) }
  }

  mutating func removeAll(_ request: Request, _ reply: inout Reply) {
    removeAll()
    change = .asRequested
    reply.simple("OK")
  }

  private func keys(like pattern: Pattern?) throws(Refusal) -> [[UInt8]] {
    var names: [[UInt8]] = []
    for (key, place) in places where entries[place].expiry > now {
      if try pattern?.matches(key.bytes[...]) ?? true { names.append(key.bytes) }
    }
    return names
  }
}
