import SampleSupport
import Sockets

/// What the server knows of one client.
struct Session {
  enum End { case quit, shutdown }

  let id: Int
  let connection: TCPConnection

  /// What the client calls itself.
  var name: [UInt8] = []

  /// The replies that are still to be sent.
  var reply = Reply()

  /// What messages go through, and replies among them, once it has subscribed to something.
  var outbox: Outbox?

  /// How many channels and patterns it has subscribed to.
  var subscriptions = 0

  /// Why the connection is to end.
  var end: End?
}
