import SampleSupport
import Sockets

/// A person who is connected.
struct Member: CustomStringConvertible {
  let connection: TCPConnection
  var name: Name

  /// What others say, on its way.
  let outbox: Outbox

  /// The rooms; what is said without naming one goes to the last.
  var rooms: [Name] = []

  /// Why the person leaves, as others are told.
  var farewell = "has left"

  var description: String { "\(connection.remoteAddress), \(name), \(farewell)" }
}
