/// A command: how it is called, and what it does.
struct Command: Sendable {
  /// Carries out a request; what it throws is a ``Refusal``.
  typealias Body =
    @Sendable (inout Database, Request, inout Reply) throws -> Void
  typealias SessionBody =
    @Sendable (isolated Server, Request, inout Session) throws -> Void

  enum Action: Sendable {
    /// Looks at the database.
    case read(Body)
    /// Changes the database.
    case write(Body)
    /// Changes the database, which may be larger after it.
    case add(Body)
    /// Is about the client.
    case session(SessionBody)
    /// Is about the client, also about one of version 2 that has subscribed to something.
    case subscriber(SessionBody)
  }

  let name: String

  /// How many words a request has, its name included; if negative, at least so many.
  let arity: Int

  let action: Action

  init(_ name: String, _ arity: Int, _ action: Action) {
    self.name = name
    self.arity = arity
    self.action = action
  }

  /// Finds the command of a request.
  static func find(_ request: Request) throws(Refusal) -> Command {
    guard let command = table[request[0]] else { throw .unknown("command", request[0]) }
    let fits = command.arity > 0 ? request.count == command.arity : request.count >= -command.arity
    if !fits { throw .wrongCount(command.name) }
    return command
  }

  private static let table = CommandTable(all)
}
