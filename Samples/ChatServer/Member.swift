import SampleSupport
import Sockets

/// A person who is connected.
struct Member {
  var name: Name
  let connection: TCPConnection

  /// What others say, on its way.
  let outbox: Outbox

  /// The rooms; what is said without naming one goes to the last.
  var rooms: [Name] = []

  /// Why the person leaves, as others are told.
  var farewell = "has left"

  /// Whether nothing more is to be sent.
  var isEnding = false
}

extension String {
  /// As one line of a terminal: without control characters, by which one person could write all over another's
  /// screen.
  var printable: String {
    let scalars = unicodeScalars.map { scalar in
      let isControl = scalar.properties.generalCategory == .control && scalar != "\t"
      return isControl ? "\u{FFFD}" : scalar
    }
    return String(String.UnicodeScalarView(scalars))
  }
}
