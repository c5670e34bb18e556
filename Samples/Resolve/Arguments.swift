import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: Resolve [--timeout SECONDS] [--shuffle] [--hold] HOST [PORT]

    Prints the addresses of a host. With a port, or the name of a service, connects to it and prints how
    that went: one line for each address.

      --timeout SECONDS  when to give up, 1...3600     (10)
      --shuffle          try the addresses in random order within each family
      --hold             keep the connection open until SIGINT or SIGTERM
      --help             print this and exit

    Exits with 0 if the host has an address, and with a port if it could be connected to; with 1 if not,
    with 64 after a wrong command line, and with 128 and the signal's number after SIGINT or SIGTERM.

    Try it:  Resolve localhost 7007
    """

  /// The host, and port 0 if no connection is wanted.
  let endpoint: Endpoint
  let connects: Bool
  let order: AddressOrder
  let holds: Bool
  let timeout: Duration

  init(_ words: [String]) throws(UsageError) {
    let needed = "HOST is needed, and maybe a PORT"
    let words = try CommandWords(words, usage: Self.usage, operands: 1...2, needed)
    timeout = try words.seconds(of: "--timeout", in: 1...3600) ?? .seconds(10)
    order = words.has("--shuffle") ? .shuffled : .system
    holds = words.has("--hold")
    connects = words.operands.count == 2
    if !connects, holds || order != .system {
      throw UsageError("--shuffle and --hold need a PORT to connect to")
    }
    let service = connects ? words.operands[1] : "0"
    endpoint = try UsageError.reading { try Endpoint(host: words.operands[0], service: service) }
    if connects, endpoint.service == .port(0) {
      throw UsageError("PORT: nobody listens on port 0")
    }
  }
}
