import SampleSupport
import Sockets

/// What messages are sent to: a channel, or all channels whose names are of a pattern.
struct Topic: Hashable {
  enum Kind: String { case channel = "", pattern = "p" }

  let kind: Kind
  let name: Key
}

/// A client that has subscribed to something.
struct Subscriber {
  /// The most bytes that may wait for one.
  static let mostWaiting = 8 << 20

  /// The most bytes that its topics may take.
  static let mostForTopics = 4 << 20

  let outbox: Outbox
  let connection: TCPConnection
  var version: Int
  private(set) var topics: Set<Topic> = []

  /// About how many bytes they take.
  private(set) var size = 0

  mutating func add(_ topic: Topic) {
    if topics.insert(topic).inserted { size += Self.size(of: topic.name.bytes) }
  }

  mutating func remove(_ topic: Topic) {
    if topics.remove(topic) != nil { size -= Self.size(of: topic.name.bytes) }
  }

  static func size(of name: some Collection<UInt8>) -> Int { name.count + 128 }
}

/// Commands for messages to whoever has subscribed.
extension Server {
  func publish(_ request: Request, _ session: inout Session) throws(Refusal) {
    let (channel, message) = (Key(request[1]), request[2])
    var patterns: [Key] = []
    for pattern in (topics[.pattern] ?? [:]).keys
    where try Pattern(pattern.bytes[...]).matches(channel.bytes[...]) {
      patterns.append(pattern)
    }
    var count = send(to: Topic(kind: .channel, name: channel)) { reply in
      reply.push(3)
      reply.bulk("message")
      reply.bulk(channel.bytes)
      reply.bulk(message)
    }
    for pattern in patterns {
      count += send(to: Topic(kind: .pattern, name: pattern)) { reply in
        reply.push(4)
        reply.bulk("pmessage")
        reply.bulk(pattern.bytes)
        reply.bulk(channel.bytes)
        reply.bulk(message)
      }
    }
    session.reply.integer(count)
  }

  /// Sends to all who have subscribed to a topic; cuts off those who do not keep up.
  ///
  /// - Returns: How many they are.
  private func send(to topic: Topic, _ write: (inout Reply) -> Void) -> Int {
    var count = 0
    for id in topics[topic.kind]?[topic.name] ?? [] {
      guard let subscriber = subscribers[id] else { continue }
      var reply = Reply()
      reply.version = subscriber.version
      write(&reply)
      if subscriber.outbox.append(reply.bytes) {
        count += 1
      } else if !subscriber.connection.isClosed {
        let address = subscriber.connection.remoteAddress
        Program.note("\(address): has been cut off: it does not read its messages")
        subscriber.connection.reset()
      }
    }
    return count
  }

  /// `SUBSCRIBE`, `PSUBSCRIBE`.
  func subscribe(
    _ kind: Topic.Kind,
    _ request: Request,
    _ session: inout Session
  ) throws(Refusal) {
    let size = request.dropFirst().reduce(subscribers[session.id]?.size ?? 0) {
      $0 + Subscriber.size(of: $1)
    }
    if size > Subscriber.mostForTopics { throw Refusal(text: "ERR too many subscriptions") }
    if kind == .pattern {
      for name in request.dropFirst() { _ = try Pattern(name) }
    }
    let outbox = session.outbox ?? Outbox(limit: Subscriber.mostWaiting)
    session.outbox = outbox
    var subscriber =
      subscribers[session.id]
      ?? Subscriber(
        outbox: outbox,
        connection: session.connection,
        version: session.reply.version
      )
    for name in request.dropFirst() {
      let topic = Topic(kind: kind, name: Key(name))
      subscriber.add(topic)
      topics[kind, default: [:]][topic.name, default: []].insert(session.id)
      session.subscriptions = subscriber.topics.count
      confirm("subscribe", kind, name, &session)
    }
    subscribers[session.id] = subscriber
  }

  /// `UNSUBSCRIBE`, `PUNSUBSCRIBE`: without names, from all of the kind.
  func unsubscribe(_ kind: Topic.Kind, _ request: Request, _ session: inout Session) {
    var names = Array(request.dropFirst())
    if names.isEmpty {
      let all = subscribers[session.id]?.topics.filter { $0.kind == kind } ?? []
      names = all.map { $0.name.bytes[...] }
    }
    for name in names {
      leave(Topic(kind: kind, name: Key(name)), session.id)
      session.subscriptions = subscribers[session.id]?.topics.count ?? 0
      confirm("unsubscribe", kind, name, &session)
    }
    if names.isEmpty { confirm("unsubscribe", kind, nil, &session) }
  }

  /// Forgets a client that has left.
  func unsubscribe(_ id: Int) {
    for topic in subscribers[id]?.topics ?? [] { leave(topic, id) }
    subscribers[id] = nil
  }

  private func leave(_ topic: Topic, _ id: Int) {
    subscribers[id]?.remove(topic)
    topics[topic.kind]?[topic.name]?.remove(id)
    if topics[topic.kind]?[topic.name]?.isEmpty == true { topics[topic.kind]?[topic.name] = nil }
  }

  private func confirm(
    _ what: String,
    _ kind: Topic.Kind,
    _ name: ArraySlice<UInt8>?,
    _ session: inout Session
  ) {
    session.reply.push(3)
    session.reply.bulk(kind.rawValue + what)
    if let name { session.reply.bulk(name) } else { session.reply.null() }
    session.reply.integer(session.subscriptions)
  }
}
