/// Commands for hashes.
extension Database {
  mutating func setFields(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    if !request.count.isMultiple(of: 2) { throw .wrongCount("hset") }
    let place = find(request[1]) ?? insert(request[1], .hash(Fields()))
    var added = 0
    try update(place) { value throws(Refusal) in
      try value.withFields { fields in
        for index in stride(from: 2, to: request.count, by: 2)
        where fields.set(request[index], to: request[index + 1]) {
          added += 1
        }
      }
    }
    change = .asRequested
    reply.integer(added)
  }

  mutating func getField(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    let value = try fields(request[1])[request[2]]
    if let value { reply.bulk(value) } else { reply.null() }
  }

  mutating func removeFields(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    var removed = 0
    if let place = find(request[1]) {
      try update(place) { value throws(Refusal) in
        try value.withFields { fields in
          for name in request.dropFirst(2) where fields.remove(name) { removed += 1 }
        }
      }
    }
    if removed > 0 { change = .asRequested }
    reply.integer(removed)
  }

  mutating func getAllFields(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    let fields = try fields(request[1])
    reply.map(fields.count)
    fields.forEach { name, value in
      reply.bulk(name.bytes)
      reply.bulk(value)
    }
  }

  mutating func countFields(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    reply.integer(try fields(request[1]).count)
  }

  private mutating func fields(_ name: ArraySlice<UInt8>) throws(Refusal) -> Fields {
    guard let place = find(name) else { return Fields() }
    guard case .hash(let fields) = entries[place].value else { throw .wrongType }
    return fields
  }
}
