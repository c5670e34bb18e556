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

    Try it:  Resolve localhost 7007
    """

  /// The host and, if the connection is not wanted, a port that is not used.
  var endpoint: Endpoint
  var connects = false
  var order = AddressOrder.system
  var holds = false
  var timeout = Duration.seconds(10)

  init(_ words: [String]) throws(UsageError) {
    var words = words[...]
    var names: [String] = []
    while let word = words.popFirst() {
      switch word {
      case "--timeout":
        guard let text = words.popFirst(), let seconds = Int(text), (1...3600).contains(seconds)
        else { throw UsageError("--timeout needs a number of seconds, 1...3600") }
        timeout = .seconds(seconds)
      case "--shuffle": order = .shuffled
      case "--hold": holds = true
      case _ where word.hasPrefix("-"): throw UsageError("unknown argument '\(word)'")
      default: names.append(word)
      }
    }
    guard (1...2).contains(names.count) else {
      throw UsageError("a host is needed, and maybe a port")
    }
    connects = names.count == 2
    do {
      endpoint = try Endpoint(host: names[0], service: connects ? names[1] : "0")
    } catch {
      throw UsageError("\(error)")
    }
  }
}
