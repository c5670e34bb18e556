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

  let control: UnixAddress
  let address: SocketAddress
  let grace: Duration

  init(_ words: [String]) throws(UsageError) {
    let words = try CommandWords(words, usage: Self.usage)
    let control = try words.value(of: "--control", "a path of 1 to 107 bytes") {
      try? UnixAddress.path($0)
    }
    guard let control else { throw UsageError("--control is missing") }
    self.control = control
    address = try words.address(port: 7009)
    grace = try words.seconds(of: "--grace", in: 0...3600) ?? .seconds(10)
  }
}
