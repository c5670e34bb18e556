import Sockets

/// What goes over the socket with one batch of descriptors: what each of them is, in order.
///
/// As bytes: each item as `file NAME` or `connection ADDRESS` and a zero, and a further zero at the end. The
/// receiver answers each message with one byte, the number of descriptors that it has taken; only then does
/// the next one come, so that what was refused of one message is never mistaken for a part of the next.
struct Message {
  /// What a descriptor is, says the sender.
  enum Item {
    case file(name: String)
    case connection(client: String)
  }

  let items: [Item]

  init(_ items: [Item]) { self.items = items }

  var bytes: [UInt8] {
    items.flatMap { item in
      switch item {
      case .file(let name): "file \(name)\0".utf8
      case .connection(let client): "connection \(client)\0".utf8
      }
    } + [0]
  }
}

extension Message {
  /// Whoever sends decides about the length, up to here.
  static let longest = 1 << 20

  /// That the sender does not keep to the rules.
  struct Malformed: Error, CustomStringConvertible {
    let description: String
  }

  /// Reads a message.
  ///
  /// - Parameters:
  ///   - connection: Where to read.
  ///   - descriptors: Receives the descriptors that come with it. It owns them: whatever happens from
  ///     here on, those that nobody takes out of it are closed.
  ///   - limit: The most of them to take.
  /// - Returns: The message, or `nil` at the end of the stream.
  /// - Throws: ``Malformed``, or `SocketError`: `.timedOut` if there is none within ten seconds, for a
  ///   silent sender must not keep the others waiting.
  static func read(
    from connection: UnixConnection,
    descriptors: inout DescriptorBatch,
    atMost limit: Int
  ) async throws -> Message? {
    let deadline = ContinuousClock.now + .seconds(10)
    var bytes: [UInt8] = []
    while !bytes.suffix(2).elementsEqual([0, 0]) {
      // A plain read would drop the descriptors; this one closes those above the limit.
      let piece = try await connection.read(
        upTo: 4096,
        descriptors: &descriptors,
        descriptorLimit: limit - descriptors.count,
        deadline: deadline
      )
      guard let piece else {
        if bytes.isEmpty { return nil }
        throw Malformed(description: "the stream ends within a message")
      }
      bytes += piece
      if bytes.count > longest { throw Malformed(description: "a message without an end") }
    }
    return Message(try bytes.dropLast(2).split(separator: 0).map(item))
  }

  private static func item(_ bytes: ArraySlice<UInt8>) throws -> Item {
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
    switch words.first {
    case "file" where words.count == 2: return .file(name: String(words[1]))
    case "connection" where words.count == 2: return .connection(client: String(words[1]))
    default: throw Malformed(description: "neither a file nor a connection: \(words)")
    }
  }
}

extension Message.Item: CustomStringConvertible {
  /// One line for a person, whatever the sender has put into the name.
  var description: String {
    switch self {
    case .file(let name): "file \(name.debugDescription)"
    case .connection(let client): "connection of \(client.debugDescription)"
    }
  }
}
