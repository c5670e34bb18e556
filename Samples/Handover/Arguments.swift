import SampleSupport
import Sockets

/// The command line.
struct Arguments {
  static let usage = """
    usage: Handover --control PATH [--host ADDRESS] [--port PORT] [--grace SECONDS]

    Answers every HTTP request with its own process number, until SIGINT or SIGTERM. Started again with
    the same PATH, it takes the listening socket over from the process that runs: no client is refused or
    reset, and the old process ends when its last requests are answered.

      --control PATH   Unix-domain path at which it finds its predecessor, and is found by its successor
      --host ADDRESS   IP address to listen on, if there is no predecessor   (127.0.0.1; :: is all)
      --port PORT      port to listen on, 0 for any that is free             (7009)
      --grace SECONDS  how long connections may go on when the process has to end, 0...3600  (10)
      --help           print this and exit

    Try it:  Handover --control /tmp/handover &  curl http://127.0.0.1:7009/  and the first again
    """

  var control = UnixAddress.unnamed
  var address = SocketAddress.loopback(port: 7009)
  var grace = 10

  init(_ words: [String]) throws(UsageError) {
    var words = CommandWords(words)
    while let word = words.next() {
      switch word {
      case "--control":
        control = try words.value(of: word, "a path of 1 to 107 bytes") { try? .path($0) }
      case "--host": address.ip = try words.ipAddress(of: word)
      case "--port": address.port = try words.port(of: word)
      case "--grace":
        grace = try words.value(of: word, "a number, 0...3600", (0...3600).number)
      default: throw UsageError("unknown argument '\(word)'")
      }
    }
    if control.isUnnamed { throw UsageError("--control is missing") }
  }
}
