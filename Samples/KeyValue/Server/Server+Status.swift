import Sockets

/// Commands about the server.
extension Server {
  func info(_ request: Request, _ session: inout Session) {
    session.reply.bulk(
      """
      # Server\r
      server_name:KeyValueServer\r
      redis_version:7.0.0\r
      tcp_port:\(listener.localAddress.port)\r
      # Clients\r
      connected_clients:\(clients)\r
      # Memory\r
      used_memory:\(database.size)\r
      maxmemory:\(database.limit == .max ? 0 : database.limit)\r
      # Persistence\r
      aof_enabled:\(journal == nil ? 0 : 1)\r
      # Stats\r
      total_commands_processed:\(requests)\r
      pubsub_channels:\(topics[.channel]?.count ?? 0)\r
      pubsub_patterns:\(topics[.pattern]?.count ?? 0)\r
      # Keyspace\r
      db0:keys=\(database.places.count),expires=\(database.expiring.values.reduce(0) { $0 + $1.count })\r

      """
    )
  }

  /// `CONFIG GET`: what the command line has set, under the names that clients know.
  func config(_ request: Request, _ session: inout Session) throws(Refusal) {
    let command = String(decoding: request[1], as: UTF8.self).uppercased()
    guard command == "GET", request.count > 2 else {
      throw .unknown("subcommand or wrong number of arguments for", request[1])
    }
    let settings = [
      ("appendfsync", settings.synchronization.rawValue),
      ("appendonly", journal == nil ? "no" : "yes"),
      ("databases", "1"),
      ("maxclients", "\(settings.mostClients)"),
      ("maxmemory", "\(database.limit == .max ? 0 : database.limit)"),
      ("save", ""),
    ]
    let patterns = try request.dropFirst(2).map { word throws(Refusal) in try Pattern(word) }
    var found: [(name: String, value: String)] = []
    for setting in settings {
      let name = Array(setting.0.utf8)[...]
      for pattern in patterns where try pattern.matches(name) {
        found.append(setting)
        break
      }
    }
    session.reply.map(found.count)
    for (name, value) in found {
      session.reply.bulk(name)
      session.reply.bulk(value)
    }
  }

  /// `COMMAND`: what there is; `COMMAND COUNT`, how many; `COMMAND DOCS`, which there are none of.
  func command(_ request: Request, _ session: inout Session) throws(Refusal) {
    switch request.count > 1 ? String(decoding: request[1], as: UTF8.self).uppercased() : "" {
    case "":
      session.reply.array(Command.all.count)
      for command in Command.all {
        session.reply.array(3)
        session.reply.bulk(command.name)
        session.reply.integer(command.arity)
        session.reply.array(0)
      }
    case "COUNT": session.reply.integer(Command.all.count)
    case "DOCS": session.reply.map(0)
    default: throw .unknown("subcommand", request[1])
    }
  }
}
