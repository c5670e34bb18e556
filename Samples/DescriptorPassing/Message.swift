import SampleSupport
import Sockets

/// What goes over the socket with one batch of descriptors: what each of them is, in order.
///
/// As bytes: each item as `file NAME` or `connection ADDRESS` and a zero, and a further zero at the end. The
/// receiver answers each message with one byte, the number of descriptors that it has taken; only then does
/// the next one come, so that what was refused of one message is never mistaken for a part of the next.
struct Message {
  /// What a descriptor is, says the sender.
  struct Item: CustomStringConvertible {
    enum Kind: String { case file, connection }

    let kind: Kind
    let name: String

    /// One line for a person, whatever the sender has put into the name.
    var description: String { "\(kind) \(name.debugDescription)" }
  }

  let items: [Item]

  var bytes: [UInt8] { items.flatMap { "\($0.kind) \($0.name)\0".utf8 } + [0] }

  /// Whoever sends decides about the length, up to here.
  private static let longest = 1 << 20

  /// Reads a message.
  ///
  /// - Parameters:
  ///   - connection: Where to read.
  ///   - descriptors: Receives the descriptors that come with it. It owns them: whatever happens from
  ///     here on, those that nobody takes out of it are closed.
  ///   - limit: The most of them to take.
  /// - Returns: The message, or `nil` at the end of the stream.
  /// - Throws: A `Failure`, or `SocketError`: `.timedOut` if there is none within ten seconds, for a
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
        throw Failure("the stream ends within a message")
      }
      bytes += piece
      if bytes.count > longest { throw Failure("a message without an end") }
    }
    return Message(items: try bytes.dropLast(2).split(separator: 0).map(item))
  }

  private static func item(_ bytes: ArraySlice<UInt8>) throws -> Item {
    let words = String(decoding: bytes, as: UTF8.self).split(separator: " ", maxSplits: 1)
    guard words.count == 2, let kind = Item.Kind(rawValue: String(words[0])) else {
      throw Failure("neither a file nor a connection: \(words)")
    }
    return Item(kind: kind, name: String(words[1]))
  }
}
