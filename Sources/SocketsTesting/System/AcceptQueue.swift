/// The queue of a listening socket.
final class AcceptQueue {
  /// Connections that nobody has accepted.
  private(set) var ends: [StreamEnd] = []

  /// How many there may be; Linux lets in one more.
  var limit: Int

  /// Whether requests for connections are dropped, as by a filter.
  var dropsRequests = false

  /// Whether they are refused (`shutdown` of a listening Unix-domain socket).
  var refusesRequests = false

  init(limit: Int) { self.limit = limit }

  var isFull: Bool { ends.count > limit }

  func append(_ end: StreamEnd) { ends.append(end) }

  func removeFirst() -> StreamEnd { ends.removeFirst() }

  func removeAll() { ends.removeAll() }
}
