/// Keys that exist for a time.
extension Database {
  /// Sets when a key expires: `.max` for never.
  mutating func setExpiry(_ expiry: Int, at place: Int) {
    let old = entries[place].expiry
    if old == expiry { return }
    let key = entries[place].key
    if old < .max {
      expiring[old / 1000]?.remove(key)
      if expiring[old / 1000]?.isEmpty == true { expiring[old / 1000] = nil }
    }
    if expiry < .max { expiring[expiry / 1000, default: []].insert(key) }
    entries[place].expiry = expiry
  }

  /// Finds the keys whose time is over: ``removeExpired(atMost:)`` removes them, if nobody asks for them before.
  mutating func findExpired() {
    for second in expiring.keys.filter({ $0 < now / 1000 }) {
      expired.append(contentsOf: expiring.removeValue(forKey: second) ?? [])
    }
  }

  /// Removes keys that were found to have expired.
  ///
  /// - Returns: Whether there are more of them than the limit.
  mutating func removeExpired(atMost limit: Int) -> Bool {
    for key in expired.suffix(limit) { _ = find(key.bytes[...]) }
    expired.removeLast(min(limit, expired.count))
    return !expired.isEmpty
  }

  /// `EXPIRE`, `PEXPIRE`, `EXPIREAT`, `PEXPIREAT`: sets a time to live.
  mutating func expire(
    _ name: String,
    _ unit: TimeUnit,
    _ request: Request,
    _ reply: inout Reply
  ) throws(Refusal) {
    guard let time = Int(decimal: request[2]) else { throw .notInteger }
    guard let expiry = unit.expiry(time, now) else { throw .wrongExpiry(name) }
    guard let place = find(request[1]) else { return reply.integer(0) }
    let key = Array(request[1])
    if expiry > now {
      setExpiry(expiry, at: place)
      change = .rewritten([Array("PEXPIREAT".utf8), key, Array("\(expiry)".utf8)])
    } else {
      remove(at: place)
      change = .rewritten([Array("DEL".utf8), key])
    }
    reply.integer(1)
  }

  /// `TTL`, `PTTL`: how long a key will still exist; -1 for ever, -2 if there is none.
  mutating func timeToLive(_ milliseconds: Int, _ request: Request, _ reply: inout Reply) {
    guard let place = find(request[1]) else { return reply.integer(-2) }
    let expiry = entries[place].expiry
    reply.integer(expiry == .max ? -1 : (expiry - now + milliseconds / 2) / milliseconds)
  }

  mutating func persist(_ request: Request, _ reply: inout Reply) {
    guard let place = find(request[1]), entries[place].expiry < .max else {
      return reply.integer(0)
    }
    setExpiry(.max, at: place)
    change = .asRequested
    reply.integer(1)
  }
}

/// How a command says when a key expires.
enum TimeUnit {
  case seconds, milliseconds, unixSeconds, unixMilliseconds

  /// When that is, in milliseconds since 1970; `nil` if it is nowhere in time.
  func expiry(_ time: Int, _ now: Int) -> Int? {
    let inSeconds = self == .seconds || self == .unixSeconds
    let isRelative = self == .seconds || self == .milliseconds
    let (milliseconds, isTooFar) = time.multipliedReportingOverflow(by: inSeconds ? 1000 : 1)
    let (expiry, isFarther) = milliseconds.addingReportingOverflow(isRelative ? now : 0)
    return isTooFar || isFarther || expiry == .max ? nil : expiry
  }
}
