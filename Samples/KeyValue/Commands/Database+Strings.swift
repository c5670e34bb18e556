/// Commands for strings.
extension Database {
  mutating func get(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    if let value = try string(request[1]) { reply.bulk(value) } else { reply.null() }
  }

  mutating func set(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    let options = request.count == 3 ? SetOptions() : try SetOptions(request, now)
    let old = options.returnsOld ? try string(request[1]) : nil
    if let condition = options.mustExist, condition != (find(request[1]) != nil) {
      if let old { reply.bulk(old) } else { reply.null() }
      return
    }
    let expiry = options.keepsExpiry ? nil : options.expiry
    set(request[1], to: request[2], expiry: expiry)
    change = .asRequested
    if options.expiry < .max {
      let words = [Array("SET".utf8), Array(request[1]), Array(request[2]), Array("PXAT".utf8)]
      change = .rewritten(words + [Array("\(options.expiry)".utf8)])
    }
    guard options.returnsOld else { return reply.simple("OK") }
    if let old { reply.bulk(old) } else { reply.null() }
  }

  mutating func getMany(_ request: Request, _ reply: inout Reply) {
    reply.array(request.count - 1)
    for name in request.dropFirst() {
      if let value = try? string(name) { reply.bulk(value) } else { reply.null() }
    }
  }

  mutating func setMany(_ request: Request, _ reply: inout Reply) throws(Refusal) {
    if request.count.isMultiple(of: 2) { throw .wrongCount("mset") }
    for index in stride(from: 1, to: request.count, by: 2) {
      set(request[index], to: request[index + 1])
    }
    change = .asRequested
    reply.simple("OK")
  }

  /// `INCR`, `DECR`, `INCRBY`, `DECRBY`: adds to an integer, or subtracts.
  mutating func add(
    _ sign: Int,
    _ request: Request,
    _ reply: inout Reply
  ) throws(Refusal) {
    guard let amount = request.count == 3 ? Int(decimal: request[2]) : 1 else {
      throw .notInteger
    }
    let (signed, isTooLarge) = amount.multipliedReportingOverflow(by: sign)
    if isTooLarge { throw .overflow }
    var sum = signed
    if let place = find(request[1]) {
      sum = try update(place) { value throws(Refusal) in try value.add(signed) }
    } else {
      var digits: [UInt8] = []
      digits.append(decimal: sum)
      set(request[1], to: digits[...])
    }
    change = .asRequested
    reply.integer(sum)
  }

  private mutating func string(_ name: ArraySlice<UInt8>) throws(Refusal) -> [UInt8]? {
    guard let place = find(name) else { return nil }
    guard case .string(let bytes) = entries[place].value else { throw .wrongType }
    return bytes
  }
}

/// What follows the value of a `SET`.
struct SetOptions {
  private(set) var mustExist: Bool?
  private(set) var returnsOld = false
  private(set) var keepsExpiry = false
  private(set) var expiry = Int.max

  /// None.
  init() {}

  init(_ request: Request, _ now: Int) throws(Refusal) {
    var words = request.dropFirst(3)
    while let word = words.popFirst() {
      let option = String(decoding: word, as: UTF8.self).uppercased()
      switch option {
      case "NX" where mustExist == nil: mustExist = false
      case "XX" where mustExist == nil: mustExist = true
      case "GET": returnsOld = true
      case "KEEPTTL" where expiry == .max: keepsExpiry = true
      default:
        let units: [String: TimeUnit] = [
          "EX": .seconds, "PX": .milliseconds, "EXAT": .unixSeconds, "PXAT": .unixMilliseconds,
        ]
        guard let unit = units[option], expiry == .max, !keepsExpiry, let word = words.popFirst()
        else { throw .syntax }
        guard let time = Int(decimal: word) else { throw .notInteger }
        guard time > 0, let expiry = unit.expiry(time, now) else { throw .wrongExpiry("set") }
        self.expiry = expiry
      }
    }
  }
}
