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
  private(set) var order = AddressOrder.system
  private(set) var holds = false
  private(set) var timeout = Duration.seconds(10)

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words)
    var positions: [String] = []
    while let word = words.next() {
      switch word {
      case "--timeout":
        let seconds = try words.value(of: word, "a number of seconds, 1...3600", (1...3600).number)
        timeout = .seconds(seconds)
      case "--shuffle": order = .shuffled
      case "--hold": holds = true
      case _ where word.hasPrefix("-"): throw UsageError("unknown option '\(word)'")
      default: positions.append(word)
      }
    }
    guard (1...2).contains(positions.count) else {
      throw UsageError("HOST is needed, and maybe a PORT")
    }
    connects = positions.count == 2
    if !connects, holds || order != .system {
      throw UsageError("--shuffle and --hold need a PORT to connect to")
    }
    do {
      endpoint = try Endpoint(host: positions[0], service: connects ? positions[1] : "0")
    } catch {
      throw UsageError("\(error)")
    }
    if connects, endpoint.service == .port(0) {
      throw UsageError("PORT: nobody listens on port 0")
    }
  }
}
