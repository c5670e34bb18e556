/// The keys and what they stand for: plain data, in memory.
///
/// Commands are in extensions. One that changes anything says so in ``change``, by which ``run(_:_:_:)``
/// writes the log: played to an empty database, it makes this one again.
package struct Database {
  struct Entry {
    let key: Key
    var value: Value

    /// When it ceases to exist, in milliseconds since 1970; `.max` for never.
    var expiry = Int.max
  }

  /// What a command has changed, for the log.
  enum Change {
    case none
    /// What the request says.
    case asRequested
    /// What another request says: one that means the same at any later time.
    case rewritten([[UInt8]])
  }

  /// What there is: in places of their own, so that what is found by its key once is changed in place.
  var entries: [Entry] = []

  /// The place of each key's entry, and those that are free.
  package private(set) var places: [Key: Int] = [:]
  private var free: [Int] = []

  /// The keys that will expire, by the second in which they do.
  var expiring: [Int: Set<Key>] = [:]

  /// The keys that have, and are still to be removed.
  var expired: [Key] = []

  /// How much memory the entries take, in bytes, or about that.
  var size = 0

  /// The most that they may take before commands which add something are refused.
  var limit = Int.max

  /// The time, in milliseconds since 1970; the beginning of time while a log is played, so that nothing
  /// expires which did not then.
  var now = Int.min

  /// What the command that runs has changed.
  var change = Change.none

  /// Whether changes are logged.
  var isLogged = false

  /// What has changed and was not taken yet, as requests.
  private var log: [UInt8] = []

  /// A key to look for without making a new one.
  private var probe = Key([])

  private static let perEntry = 96

  package init() {}

  /// How many bytes of log were not taken yet.
  var logCount: Int { log.count }

  /// Takes what was logged.
  mutating func takeLog() -> [UInt8] {
    defer { log = [] }
    return log
  }

  /// Runs a command.
  mutating func run(
    _ body: Command.Body,
    _ request: Request,
    _ reply: inout Reply
  ) throws {
    change = .none
    try body(&self, request, &reply)
    switch change {
    case .none: break
    case .asRequested: append(toLog: request)
    case .rewritten(let words): append(toLog: words)
    }
  }

  private mutating func append(toLog words: some Collection<some Collection<UInt8>>) {
    guard isLogged else { return }
    log.append(line: "*", words.count)
    for word in words { log.append(bulk: word) }
  }

  /// Finds a key; one whose time is over is removed.
  ///
  /// - Returns: The place of its entry.
  mutating func find(_ name: ArraySlice<UInt8>) -> Int? {
    probe.bytes.removeAll(keepingCapacity: true)
    probe.bytes.append(contentsOf: name)
    guard let place = places[probe] else { return nil }
    guard entries[place].expiry <= now else { return place }
    remove(at: place)
    append(toLog: [Array("DEL".utf8), Array(name)])
    return nil
  }

  /// Makes an entry for a key that has none.
  ///
  /// - Returns: Its place.
  mutating func insert(_ name: ArraySlice<UInt8>, _ value: Value) -> Int {
    let entry = Entry(key: Key(name), value: value)
    size += value.size + name.count + Self.perEntry
    let place = free.popLast() ?? entries.count
    if place == entries.count { entries.append(entry) } else { entries[place] = entry }
    places[entry.key] = place
    return place
  }

  /// Removes a key.
  mutating func remove(at place: Int) {
    setExpiry(.max, at: place)
    let entry = entries[place]
    size -= entry.value.size + entry.key.bytes.count + Self.perEntry
    places[entry.key] = nil
    entries[place] = Entry(key: Key([]), value: .string([]))
    free.append(place)
  }

  /// Sets what a key stands for to a string, whatever it was before.
  ///
  /// The key expires at `expiry`: `.max` for never, `nil` for when it would have before.
  mutating func set(
    _ name: ArraySlice<UInt8>,
    to bytes: ArraySlice<UInt8>,
    expiry: Int? = .max
  ) {
    guard let place = find(name) else {
      let place = insert(name, .string(Array(bytes)))
      return setExpiry(expiry ?? .max, at: place)
    }
    size -= entries[place].value.size
    entries[place].value = .string(Array(bytes))
    size += bytes.count
    if let expiry { setExpiry(expiry, at: place) }
  }

  /// Changes what a key stands for, and removes the key if nothing is left.
  mutating func update<Result>(
    _ place: Int,
    _ body: (inout Value) throws(Refusal) -> Result
  ) throws(Refusal) -> Result {
    size -= entries[place].value.size
    defer {
      size += entries[place].value.size
      if entries[place].value.isEmpty { remove(at: place) }
    }
    return try body(&entries[place].value)
  }

  mutating func removeAll() {
    (entries, places, free) = ([], [:], [])
    (expiring, expired) = ([:], [])
    size = 0
  }
}
