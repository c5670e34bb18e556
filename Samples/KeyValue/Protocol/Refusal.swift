/// Why a command was not carried out: nothing has changed then.
struct Refusal: Error {
  /// A word in capitals, by which programs tell the kinds apart, and what a person should know.
  let text: String

  static let syntax = Refusal(text: "ERR syntax error")
  static let notInteger = Refusal(text: "ERR value is not an integer or out of range")
  static let overflow = Refusal(text: "ERR increment or decrement would overflow")
  static let wrongType = Refusal(
    text: "WRONGTYPE Operation against a key holding the wrong kind of value"
  )
  static let outOfMemory = Refusal(
    text: "OOM command not allowed when used memory > 'maxmemory'."
  )

  static let tooLong = Refusal(text: "ERR the reply would be too long")

  static func wrongCount(_ command: String) -> Refusal {
    Refusal(text: "ERR wrong number of arguments for '\(command)' command")
  }

  static func wrongExpiry(_ command: String) -> Refusal {
    Refusal(text: "ERR invalid expire time in '\(command)' command")
  }

  static func subscribed(_ command: String) -> Refusal {
    Refusal(
      text: "ERR Can't execute '\(command)': only (P)SUBSCRIBE / (P)UNSUBSCRIBE / PING / QUIT"
        + " are allowed in this context"
    )
  }

  /// A command or its part that does not exist: with its name as far as that is fit to print.
  static func unknown(_ what: String, _ name: ArraySlice<UInt8>) -> Refusal {
    Refusal(text: "ERR unknown \(what) '\(String(decoding: name.prefix(64), as: UTF8.self))'")
  }
}
