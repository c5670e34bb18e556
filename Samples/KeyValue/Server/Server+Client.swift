/// Commands about the client and its connection.
extension Server {
  func ping(_ request: Request, _ session: inout Session) throws(Refusal) {
    if request.count > 2 { throw .wrongCount("ping") }
    if session.subscriptions > 0, session.reply.version == 2 {
      session.reply.array(2)
      session.reply.bulk("pong")
      session.reply.bulk(request.count == 2 ? request[1] : [])
    } else if request.count == 2 {
      session.reply.bulk(request[1])
    } else {
      session.reply.simple("PONG")
    }
  }

  func hello(_ request: Request, _ session: inout Session) throws(Refusal) {
    var words = request.dropFirst()
    if let version = words.popFirst() {
      guard let version = Int(decimal: version), 2...3 ~= version else {
        throw Refusal(text: "NOPROTO unsupported protocol version")
      }
      while let word = words.popFirst() {
        switch String(decoding: word, as: UTF8.self).uppercased() {
        case "SETNAME":
          guard let name = words.popFirst() else { throw .syntax }
          session.name = Array(name)
        case "AUTH": throw Refusal(text: "ERR there are no passwords here")
        default: throw .syntax
        }
      }
      session.reply.version = version
      subscribers[session.id]?.version = version
    }
    session.reply.map(7)
    session.reply.bulk("server")
    session.reply.bulk("KeyValueServer")
    session.reply.bulk("version")
    session.reply.bulk("7.0.0")
    session.reply.bulk("proto")
    session.reply.integer(session.reply.version)
    session.reply.bulk("id")
    session.reply.integer(session.id)
    session.reply.bulk("mode")
    session.reply.bulk("standalone")
    session.reply.bulk("role")
    session.reply.bulk("master")
    session.reply.bulk("modules")
    session.reply.array(0)
  }

  func client(_ request: Request, _ session: inout Session) throws(Refusal) {
    switch (String(decoding: request[1], as: UTF8.self).uppercased(), request.count) {
    case ("ID", 2): session.reply.integer(session.id)
    case ("GETNAME", 2): session.reply.bulk(session.name)
    case ("SETNAME", 3):
      if request[2].contains(where: { $0 <= UInt8(ascii: " ") }) {
        throw Refusal(
          text: "ERR Client names cannot contain spaces, newlines or control characters."
        )
      }
      session.name = Array(request[2])
      session.reply.simple("OK")
    case ("SETINFO", 4): session.reply.simple("OK")
    default: throw .unknown("subcommand or wrong number of arguments for", request[1])
    }
  }

  /// `SELECT`: there is one database, number 0.
  func select(_ request: Request, _ session: inout Session) throws(Refusal) {
    guard let number = Int(decimal: request[1]) else { throw .notInteger }
    if number != 0 { throw Refusal(text: "ERR DB index is out of range") }
    session.reply.simple("OK")
  }

  func quit(_ request: Request, _ session: inout Session) {
    session.reply.simple("OK")
    session.end = .quit
  }
}
